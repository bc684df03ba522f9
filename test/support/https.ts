import { createHttpsAgent, type HttpsResponse, httpsRequest } from '#src/core/https-request.ts';

/** What a test sends. */
export interface TestRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks an HTTPS server whose certificate is `ca`. */
export async function ask(
  ca: string,
  url: string,
  request: TestRequest = {},
): Promise<HttpsResponse> {
  const agent = createHttpsAgent(ca);
  try {
    return await httpsRequest({
      method: request.method ?? 'GET',
      url: new URL(url),
      agent,
      timeoutMs: 5000,
      maxBytes: 1_000_000,
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  } finally {
    agent.destroy();
  }
}

/** The JSON object in an answer. */
export function json(response: HttpsResponse): Readonly<Record<string, unknown>> {
  return JSON.parse(response.body.toString('utf8')) as Record<string, unknown>;
}
