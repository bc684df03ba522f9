import { request } from 'node:http';
import { isIP } from 'node:net';
import type { HttpsResponse } from '../core/https-request.ts';
import { HttpsRequestError } from '../core/https-request.ts';

/** One exchange with an endpoint of this machine. */
export interface LocalRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether an address never leaves the machine or its host: loopback, and the link-local address of Azure's metadata
 * service. Only there is plain HTTP spoken, because that service speaks nothing else.
 */
export function isLocalAddress(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 4) return host.startsWith('127.') || host.startsWith('169.254.');
  return host === '::1' || host === 'localhost';
}

/**
 * Sends one GET request to this machine and reads the whole answer, of bounded size and in bounded time.
 *
 * @throws HttpsRequestError when no complete answer came.
 */
export function localGet(exchange: LocalRequest): Promise<HttpsResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(exchange.url, { method: 'GET', headers: exchange.headers });
    const fail = (error: HttpsRequestError): void => {
      reject(error);
      outgoing.destroy();
    };
    const timer = setTimeout(() => {
      fail(new HttpsRequestError('timeout', `no complete answer within ${exchange.timeoutMs} ms`));
    }, exchange.timeoutMs);
    const onAbort = (): void => fail(new HttpsRequestError('aborted', 'the request was aborted'));
    exchange.signal?.addEventListener('abort', onAbort, { once: true });
    outgoing.on('close', () => {
      clearTimeout(timer);
      exchange.signal?.removeEventListener('abort', onAbort);
    });
    outgoing.on('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : undefined;
      reject(
        new HttpsRequestError('network', `the connection failed (${code ?? 'no code'})`, code, {
          cause,
        }),
      );
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > exchange.maxBytes) {
          fail(new HttpsRequestError('too_large', `the answer exceeds ${exchange.maxBytes} bytes`));
        } else chunks.push(chunk);
      });
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.end();
  });
}
