import { withResolvers } from '../core/with-resolvers.ts';
import { type LogLine, logLine } from './log-line.ts';
import {
  type DecodedAssertion,
  decodeAssertion,
  redactForm,
  redactHeaders,
  redactPath,
} from './redact.ts';

/** What a request asked for. */
export type Endpoint =
  | 'metadata'
  | 'keys'
  | 'token'
  | 'instance-discovery'
  | 'managed-identity'
  | 'other';

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
  /** Client id the request gave, wherever it gave it; not checked. */
  readonly clientId: string | undefined;
  /** Name of the registered application or managed identity with that id. */
  readonly app: string | undefined;
  /** What the client called the request, or what it was given by the emulator. */
  readonly correlationId: string;
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
  /** The requests that are over, each as one line, oldest first. */
  readonly lines: readonly LogLine[];
  /** Hears of every request when it is over. What the listener throws is ignored. */
  watch(listener: (line: LogLine) => void): Disposable;
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
  readonly clientId: string | undefined;
  readonly app: string | undefined;
  readonly correlationId: string;
}

/** Adds the outcome to a recorded request, which is then over; without a status when no whole answer went out. */
export type RecordOutcome = (status?: number, aadsts?: number) => void;

const MAX_REQUESTS = 1000;

type Recorded = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

interface Entry {
  readonly request: Recorded;
  /** Counts from 1 and is never used again. */
  readonly number: number;
  line: LogLine | undefined;
}

function recorded(facts: IncomingFacts): Recorded {
  return {
    endpoint: facts.endpoint,
    at: facts.at,
    method: facts.method,
    path: redactPath(facts.path),
    headers: redactHeaders(facts.headers),
    form: redactForm(facts.form),
    clientAssertion: decodeAssertion(facts.form.get('client_assertion')),
    userAssertion: decodeAssertion(facts.form.get('assertion')),
    status: undefined,
    aadsts: undefined,
    clientId: facts.clientId,
    app: facts.app,
    correlationId: facts.correlationId,
  };
}

/** Keeps the log. */
export class RequestRecorder implements RequestLog {
  #entries: Entry[] = [];
  #last = 0;
  readonly #waiting = new Set<(request: RecordedRequest | undefined) => void>();
  readonly #watching = new Set<(line: LogLine) => void>();

  /** Adds a request, without what must not be kept. */
  record(facts: IncomingFacts): {
    readonly request: RecordedRequest;
    readonly done: RecordOutcome;
  } {
    this.#last += 1;
    const entry: Entry = { request: recorded(facts), number: this.#last, line: undefined };
    if (this.#entries.length === MAX_REQUESTS) this.#entries.shift();
    this.#entries.push(entry);
    for (const wake of this.#waiting) wake(entry.request);
    return {
      request: entry.request,
      done: (status, aadsts) => {
        entry.request.status = status;
        entry.request.aadsts = aadsts;
        this.#end(entry);
      },
    };
  }

  #end(entry: Entry): void {
    const line = logLine(entry.number, entry.request);
    entry.line = line;
    for (const listener of this.#watching) {
      try {
        listener(line);
      } catch {
        // The exchange must not fail because somebody looks on.
      }
    }
  }

  get all(): readonly RecordedRequest[] {
    return this.#entries.map(({ request }) => request);
  }

  get lines(): readonly LogLine[] {
    return this.#entries.flatMap(({ line }) => (line === undefined ? [] : [line]));
  }

  watch(listener: (line: LogLine) => void): Disposable {
    // An own function each time, so that one listener may watch twice.
    const own = (line: LogLine): void => listener(line);
    this.#watching.add(own);
    return { [Symbol.dispose]: () => this.#watching.delete(own) };
  }

  count(match: RequestMatch = () => true): number {
    return this.#entries.filter(({ request }) => matches(match, request)).length;
  }

  async waitFor(
    match: RequestMatch,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<RecordedRequest> {
    const { signal } = options;
    signal?.throwIfAborted();
    const known = this.#entries.find(({ request }) => matches(match, request));
    if (known !== undefined) return known.request;
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
    this.#entries = [];
  }

  /** Ends all waiting. */
  close(): void {
    for (const wake of this.#waiting) wake(undefined);
  }
}

function matches(match: RequestMatch, request: RecordedRequest): boolean {
  return typeof match === 'string' ? request.endpoint === match : match(request);
}
