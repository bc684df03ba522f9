import { Buffer } from 'node:buffer';
import { Agent, type AgentOptions, request } from 'node:https';
import { withResolvers } from './with-resolvers.ts';

/** One HTTPS exchange. There is no way to ask for plain HTTP, for redirects or for unverified certificates. */
export interface HttpsRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Connections are kept in it; made by {@link createHttpsAgent}. */
  readonly agent: Agent;
  /** Upper bound of the whole exchange, milliseconds. */
  readonly timeoutMs: number;
  /** Upper bound of the answer's body, bytes, counted while it arrives. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came back, whatever its status. */
export interface HttpsResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Why no answer came: a closed list, for messages and retry decisions. */
export type HttpsFailure = 'timeout' | 'aborted' | 'too_large' | 'tls' | 'network';

/** An exchange that ended without an answer. `cause` holds the system's own error. */
export class HttpsRequestError extends Error {
  readonly failure: HttpsFailure;
  /** The system's error code, for example `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  readonly systemCode: string | undefined;

  constructor(failure: HttpsFailure, message: string, systemCode?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HttpsRequestError';
    this.failure = failure;
    this.systemCode = systemCode;
  }
}

/**
 * Makes a connection pool for requests to an identity authority.
 *
 * @param ca - PEM of the only certificates to trust. Absent: those Node trusts.
 */
export function createHttpsAgent(ca: string | undefined): Agent {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: 8,
    // Explicit, because process-wide flags and NODE_TLS_REJECT_UNAUTHORIZED=0 change the defaults.
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  };
  if (ca !== undefined) options.ca = ca;
  return new Agent(options);
}

function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

const NETWORK_CODE =
  /^(ECONN|EPIPE|ENOTFOUND|EAI_|ENET|EHOST|EADDR|ETIMEDOUT|ENOENT|UND_|HPE_|EMFILE|EACCES|EPERM)/;

function failureOf(error: unknown): HttpsRequestError {
  if (error instanceof HttpsRequestError) return error;
  const code = systemCodeOf(error);
  const tls = code !== undefined && !NETWORK_CODE.test(code);
  return new HttpsRequestError(
    tls ? 'tls' : 'network',
    `${tls ? 'the TLS connection failed' : 'the connection failed'}${code === undefined ? '' : ` (${code})`}`,
    code,
    { cause: error },
  );
}

/**
 * Sends one HTTPS request and reads the whole answer.
 *
 * Redirects are answers like any other; they are never followed, so a credential cannot be carried elsewhere.
 *
 * @throws {@link HttpsRequestError} when no complete answer came.
 */
export function httpsRequest(exchange: HttpsRequest): Promise<HttpsResponse> {
  const { promise, resolve, reject } = withResolvers<HttpsResponse>();
  if (exchange.url.protocol !== 'https:') {
    reject(new HttpsRequestError('tls', 'only https addresses are asked'));
    return promise;
  }
  const outgoing = request(exchange.url, {
    method: exchange.method,
    agent: exchange.agent,
    headers: {
      accept: 'application/json',
      'user-agent': 'grpc-entra',
      ...exchange.headers,
      ...(exchange.body === undefined
        ? {}
        : { 'content-length': Buffer.byteLength(exchange.body) }),
    },
  });
  const fail = (error: unknown): void => {
    reject(failureOf(error));
    outgoing.destroy();
  };
  const timer = setTimeout(() => {
    fail(new HttpsRequestError('timeout', `no complete answer within ${exchange.timeoutMs} ms`));
  }, exchange.timeoutMs);
  const onAbort = (): void => fail(new HttpsRequestError('aborted', 'the request was aborted'));
  if (exchange.signal?.aborted === true) onAbort();
  exchange.signal?.addEventListener('abort', onAbort, { once: true });

  outgoing.on('error', fail);
  outgoing.on('response', (incoming) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > exchange.maxBytes) {
        fail(new HttpsRequestError('too_large', `the answer exceeds ${exchange.maxBytes} bytes`));
        return;
      }
      chunks.push(chunk);
    });
    incoming.on('error', fail);
    incoming.on('end', () => {
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: Buffer.concat(chunks),
      });
    });
  });
  outgoing.end(exchange.body);
  return promise.finally(() => {
    clearTimeout(timer);
    exchange.signal?.removeEventListener('abort', onAbort);
  });
}
