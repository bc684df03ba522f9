import { decodeJwt, decodeProtectedHeader } from 'jose';
import { withResolvers } from '../core/with-resolvers.ts';

/** What a request asked for. */
export type Endpoint =
  | 'metadata'
  | 'keys'
  | 'token'
  | 'instance-discovery'
  | 'managed-identity'
  | 'other';

/** A JWT of a request, decoded and not verified. Its signature is not kept. */
export interface DecodedAssertion {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A request the emulator got. Secrets and tokens in it read `[redacted]`. */
export interface RecordedRequest {
  readonly endpoint: Endpoint;
  /** By the emulator's clock. */
  readonly at: Date;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fields of a form body; of a field that repeats, the last. */
  readonly form: Readonly<Record<string, string>>;
  /** The certificate or federated assertion that authenticates the client. */
  readonly clientAssertion: DecodedAssertion | undefined;
  /** The user's token in an on-behalf-of request. */
  readonly userAssertion: DecodedAssertion | undefined;
  /** Status of the answer, once it was sent; stays `undefined` where a fault suppressed it. */
  readonly status: number | undefined;
  /** Number of the refusal, if the answer was one. */
  readonly aadsts: number | undefined;
}

/** Chooses requests: an endpoint, or a condition. */
export type RequestMatch = Endpoint | ((request: RecordedRequest) => boolean);

/** What the emulator was asked. Holds the latest 1,000 requests. */
export interface RequestLog {
  /** Oldest first. */
  readonly all: readonly RecordedRequest[];
  /** How many of the requests match. Default: all. */
  count(match?: RequestMatch): number;
  /**
   * Waits for a request.
   *
   * @returns The first match among the recorded requests, else the next to come.
   * @throws The signal's reason when it aborts; an `AbortError` when the emulator closes.
   */
  waitFor(
    match: RequestMatch,
    options?: { readonly signal?: AbortSignal },
  ): Promise<RecordedRequest>;
  /** Forgets all requests. */
  clear(): void;
}

/** A request as it came, before anything was left out. */
export interface IncomingFacts {
  readonly endpoint: Endpoint;
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly form: URLSearchParams;
}

/** Adds the outcome to a recorded request. */
export type RecordOutcome = (status: number, aadsts?: number) => void;

const REDACTED = '[redacted]';
const MAX_REQUESTS = 1000;
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'client_secret',
  'client_assertion',
  'assertion',
  'password',
  'code',
  'refresh_token',
]);
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'x-identity-header',
  'proxy-authorization',
  'cookie',
]);

function decode(token: string | null): DecodedAssertion | undefined {
  if (token === null) return undefined;
  try {
    return Object.freeze({
      header: Object.freeze({ ...decodeProtectedHeader(token) }),
      claims: Object.freeze({ ...decodeJwt(token) }),
    });
  } catch {
    return undefined;
  }
}

function redactHeaders(headers: IncomingFacts['headers']): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    if (name === 'authorization') shown[name] = `${text.split(' ')[0] ?? ''} ${REDACTED}`;
    else shown[name] = SECRET_HEADERS.has(name) ? REDACTED : text;
  }
  return Object.freeze(shown);
}

function redactForm(form: URLSearchParams): Readonly<Record<string, string>> {
  // No prototype: field names are the client's choice, `__proto__` among them.
  const shown = Object.create(null) as Record<string, string>;
  for (const [name, value] of form) shown[name] = SECRET_FIELDS.has(name) ? REDACTED : value;
  return Object.freeze(shown);
}

function redactPath(path: string): string {
  const [pathname = '', ...query] = path.split('?');
  if (query.length === 0) return path;
  const parameters = new URLSearchParams(query.join('?'));
  for (const name of SECRET_FIELDS) if (parameters.has(name)) parameters.set(name, REDACTED);
  return `${pathname}?${parameters.toString()}`;
}

type Recorded = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

/** Keeps the log. */
export class RequestRecorder implements RequestLog {
  #requests: Recorded[] = [];
  readonly #waiting = new Set<(request: RecordedRequest | undefined) => void>();

  /** Adds a request, without what must not be kept. */
  record(facts: IncomingFacts): {
    readonly request: RecordedRequest;
    readonly done: RecordOutcome;
  } {
    const request: Recorded = {
      endpoint: facts.endpoint,
      at: facts.at,
      method: facts.method,
      path: redactPath(facts.path),
      headers: redactHeaders(facts.headers),
      form: redactForm(facts.form),
      clientAssertion: decode(facts.form.get('client_assertion')),
      userAssertion: decode(facts.form.get('assertion')),
      status: undefined,
      aadsts: undefined,
    };
    if (this.#requests.length === MAX_REQUESTS) this.#requests.shift();
    this.#requests.push(request);
    for (const wake of this.#waiting) wake(request);
    return {
      request,
      done: (status, aadsts) => {
        request.status = status;
        request.aadsts = aadsts;
      },
    };
  }

  get all(): readonly RecordedRequest[] {
    return [...this.#requests];
  }

  count(match: RequestMatch = () => true): number {
    return this.#requests.filter((request) => matches(match, request)).length;
  }

  async waitFor(
    match: RequestMatch,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<RecordedRequest> {
    const { signal } = options;
    signal?.throwIfAborted();
    const known = this.#requests.find((request) => matches(match, request));
    if (known !== undefined) return known;
    const { promise, resolve, reject } = withResolvers<RecordedRequest>();
    const wake = (request: RecordedRequest | undefined): void => {
      if (request === undefined) reject(new DOMException('the emulator closed', 'AbortError'));
      else if (matches(match, request)) resolve(request);
    };
    const abort = (): void => reject(signal?.reason);
    this.#waiting.add(wake);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await promise;
    } finally {
      this.#waiting.delete(wake);
      signal?.removeEventListener('abort', abort);
    }
  }

  clear(): void {
    this.#requests = [];
  }

  /** Ends all waiting. */
  close(): void {
    for (const wake of this.#waiting) wake(undefined);
  }
}

function matches(match: RequestMatch, request: RecordedRequest): boolean {
  return typeof match === 'string' ? request.endpoint === match : match(request);
}
