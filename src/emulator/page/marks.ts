import { claimMarks } from './claim-marks.ts';
import { originMarks } from './origin-marks.ts';
import type { TokenView } from './token-view.ts';

/** What came of a rule: it holds, it does not, or it cannot be told. */
export type Verdict = 'pass' | 'fail' | 'unknown';

/** A rule of token validation, applied to a token. */
export interface Mark {
  /** Number of the rule, as servers of this package name it in their audit log. */
  readonly rule: string;
  /** What the rule demands. */
  readonly demand: string;
  readonly verdict: Verdict;
  /** What there is to say about it. */
  readonly note: string;
}

/** A rule: what it demands, and how a token fares. */
export interface MarkRule {
  readonly rule: string;
  readonly demand: string;
  readonly judge: (view: TokenView) => boolean | Verdict;
  readonly note?: (view: TokenView) => string;
}

const HEADER_KEYS = ['jku', 'jwk', 'x5u', 'x5c'];

const absent = (members: TokenView['header'], names: readonly string[]): boolean | Verdict =>
  members === undefined ? 'unknown' : names.every((name) => !Object.hasOwn(members, name));

const ofHeader = (
  view: TokenView,
  judge: (header: NonNullable<TokenView['header']>) => boolean,
): boolean | Verdict => (view.header === undefined ? 'unknown' : judge(view.header));

const structure: readonly MarkRule[] = [
  {
    rule: 'S1',
    demand: 'three segments',
    judge: ({ segments }) => segments.length === 3 && segments.every((segment) => segment !== ''),
    note: ({ segments }) => {
      if (segments.length === 5) return 'five: an encrypted token';
      return segments.length === 1 ? 'one: no JWT at all' : '';
    },
  },
  {
    rule: 'S2',
    demand: 'canonical base64url, within bounds',
    judge: ({ canonical }) => canonical,
  },
  {
    rule: 'S4',
    demand: 'header and claims are JSON objects',
    judge: ({ header, claims }) => header !== undefined && claims !== undefined,
  },
  {
    rule: 'H1',
    demand: 'algorithm RS256',
    judge: (view) => ofHeader(view, ({ alg }) => alg === 'RS256'),
  },
  {
    rule: 'H2',
    demand: 'type JWT or at+jwt',
    judge: (view) =>
      ofHeader(
        view,
        ({ typ }) => typeof typ === 'string' && /^(application\/)?(jwt|at\+jwt)$/i.test(typ),
      ),
  },
  {
    rule: 'H3',
    demand: 'names its key',
    judge: (view) =>
      ofHeader(view, ({ kid }) => typeof kid === 'string' && /^[\x21-\x7e]{1,128}$/.test(kid)),
  },
  {
    rule: 'H6',
    demand: 'carries no key of its own',
    judge: ({ header }) => absent(header, HEADER_KEYS),
  },
  {
    rule: 'H7',
    demand: 'demands no extension',
    judge: ({ header }) => absent(header, ['crit']),
  },
];

function verdictOf(judged: boolean | Verdict): Verdict {
  if (typeof judged === 'string') return judged;
  return judged ? 'pass' : 'fail';
}

/**
 * Marks which rules of token validation a token passes, as far as this emulator can know: it is no server, and does
 * not know which audience, rules and policies a server was given.
 *
 * @returns In the order in which servers apply them.
 */
export function markToken(view: TokenView): readonly Mark[] {
  return [...structure, ...originMarks, ...claimMarks].map(({ rule, demand, judge, note }) => ({
    rule,
    demand,
    verdict: verdictOf(judge(view)),
    note: note?.(view) ?? '',
  }));
}
