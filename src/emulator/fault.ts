import { ConfigError } from '../core/errors.ts';
import { checkChoice, checkInteger, checkOptionNames, invalidOption } from '../core/options.ts';
import { aadstsByNumber, aadstsNumbers } from './aadsts.ts';
import { checkChangesAlone, type TokenChanges } from './mint.ts';

/** A misbehaviour of the authority. */
export type Fault =
  /** Refuses with a number of Microsoft's error list, in Entra's shape. */
  | {
      readonly kind: 'aadsts';
      readonly code: number;
      readonly suberror?: string;
      /** A claims challenge. */
      readonly claims?: Readonly<Record<string, unknown>>;
      readonly retryAfterSeconds?: number;
    }
  /** 429, with a body of JSON or, as Entra's front end sends it, of plain text (trap T13). Default: JSON. */
  | {
      readonly kind: 'throttled';
      readonly body?: 'json' | 'text';
      /** Default: 60. */
      readonly retryAfterSeconds?: number;
    }
  /** A failure behind a page of HTML, or of JSON (trap T13). Default: 503 with HTML. */
  | {
      readonly kind: 'unavailable';
      readonly status?: 500 | 502 | 503 | 504;
      readonly body?: 'html' | 'json';
      readonly retryAfterSeconds?: number;
    }
  /** Exactly this answer. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The right answer with members of its JSON replaced; `undefined` removes one. */
  | { readonly kind: 'members'; readonly members: Readonly<Record<string, unknown>> }
  /** The right answer with a token changed as in `issueToken`. */
  | { readonly kind: 'token'; readonly token: TokenChanges }
  /** The right answer under another content type. */
  | { readonly kind: 'content-type'; readonly value: string }
  /** The first half of the right answer's body, declared as all of it. */
  | { readonly kind: 'truncated' }
  /** The connection breaks before the answer, or in the middle of its body. */
  | { readonly kind: 'reset'; readonly when: 'before-answer' | 'mid-body' }
  /** The right answer waits until the injection is released; for ever, if it never is. */
  | { readonly kind: 'held' }
  /** The right answer after a delay. */
  | { readonly kind: 'delayed'; readonly delayMs: number }
  /** The right answer's body a few bytes at a time. */
  | { readonly kind: 'dripped'; readonly chunkBytes: number; readonly everyMs: number };

const MEMBERS: Readonly<Record<Fault['kind'], readonly string[]>> = {
  aadsts: ['code', 'suberror', 'claims', 'retryAfterSeconds'],
  throttled: ['body', 'retryAfterSeconds'],
  unavailable: ['status', 'body', 'retryAfterSeconds'],
  answer: ['status', 'headers', 'body'],
  members: ['members'],
  token: ['token'],
  'content-type': ['value'],
  truncated: [],
  reset: ['when'],
  held: [],
  delayed: ['delayMs'],
  dripped: ['chunkBytes', 'everyMs'],
};
const KINDS = Object.keys(MEMBERS) as readonly Fault['kind'][];
const MINUTE_MS = 60_000;

function checkRange(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) throw invalidOption(`inject fault ${name}`, 'given', value);
  checkInteger(`inject fault ${name}`, value, { min, max, default: min });
}

function checkCode(code: unknown): void {
  if (typeof code === 'number' && aadstsByNumber(code) !== undefined) return;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `inject fault code: not a number known here; known are ${aadstsNumbers().join(', ')}. For any other use the fault "answer"`,
  );
}

/**
 * Checks a fault.
 *
 * @throws ConfigError for an unknown kind, member or AADSTS number, and for a bound out of range.
 */
export function checkFault(fault: Fault): void {
  const where = 'inject fault';
  const kind = checkChoice(`${where} kind`, fault.kind, KINDS);
  checkOptionNames(`${where} "${kind}"`, fault, ['kind', ...MEMBERS[kind]]);
  if (fault.kind === 'aadsts') checkCode(fault.code);
  if (fault.kind === 'answer') checkRange('status', fault.status, 200, 599);
  if (fault.kind === 'delayed') checkRange('delayMs', fault.delayMs, 0, 10 * MINUTE_MS);
  if (fault.kind === 'token') checkChangesAlone(`${where} token`, fault.token);
  if (fault.kind === 'reset') {
    checkChoice(`${where} when`, fault.when, ['before-answer', 'mid-body']);
  }
  if (fault.kind === 'dripped') {
    checkRange('chunkBytes', fault.chunkBytes, 1, 65_536);
    checkRange('everyMs', fault.everyMs, 0, MINUTE_MS);
  }
}
