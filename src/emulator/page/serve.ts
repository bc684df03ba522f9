import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EmulatorContext } from '../context.ts';
import { readBody } from '../read-body.ts';
import type { RequestLog } from '../request-log.ts';
import { pageDocument, pageSecurityPolicy } from './document.ts';
import { markToken } from './marks.ts';
import { SignInStream } from './sign-in-stream.ts';
import { pageState } from './state.ts';
import { viewToken } from './token-view.ts';

const HEADERS = Object.freeze({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
});

const HTML = {
  ...HEADERS,
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': pageSecurityPolicy,
};
const JSON_HEADERS = { ...HEADERS, 'content-type': 'application/json; charset=utf-8' };

const METHODS: Readonly<Record<string, string>> = {
  '/': 'GET',
  '/emulator/state': 'GET',
  '/emulator/sign-ins': 'GET',
  '/emulator/decode': 'POST',
};

/** Why a request is not for the page. */
interface Objection {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The page of an emulator, and the small API behind it. Its own requests are not logged. */
export class EmulatorPage {
  readonly #context: () => EmulatorContext;
  readonly #stream: SignInStream;

  constructor(context: () => EmulatorContext, log: RequestLog) {
    this.#context = context;
    this.#stream = new SignInStream(log);
  }

  /** Whether a request target is one of the page's addresses. */
  static owns(target: string | undefined): boolean {
    return Object.hasOwn(METHODS, pathOf(target));
  }

  /** Answers a request for one of them. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request.url);
    const objection = this.#objection(request, path);
    if (objection !== undefined) {
      response.shouldKeepAlive = false;
      const headers = { ...HEADERS, 'content-type': 'text/plain', ...objection.headers };
      response.writeHead(objection.status, headers).end(`${objection.text}\n`);
      return;
    }
    if (path === '/') response.writeHead(200, HTML).end(pageDocument);
    else if (path === '/emulator/sign-ins') this.#stream.serve(request, response, HEADERS);
    else if (path === '/emulator/state') sendJson(response, 200, pageState(this.#context()));
    else await this.#decode(request, response);
  }

  /**
   * What speaks against answering. A page elsewhere may have its own name resolve to this machine (DNS rebinding) or
   * send requests from a browser here; neither is to see what is registered.
   */
  #objection(request: IncomingMessage, path: string): Objection | undefined {
    const { origin } = this.#context();
    const { port } = new URL(origin);
    const hosts = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`);
    const { host, origin: sender, 'sec-fetch-site': site } = request.headers;
    if (host === undefined || !hosts.includes(host)) {
      return { status: 421, text: `This page is served under its own name alone: ${origin}` };
    }
    const isForeign =
      (sender !== undefined && sender !== `https://${host}`) ||
      (path !== '/' && site !== undefined && site !== 'same-origin' && site !== 'none');
    if (isForeign) return { status: 403, text: 'This is for the page of the emulator alone.' };
    const allow = METHODS[path] ?? '';
    const method = request.method === 'HEAD' && path === '/' ? 'GET' : request.method;
    if (method !== allow) return { status: 405, text: `Use ${allow}.`, headers: { allow } };
    if (path === '/emulator/sign-ins' && !this.#stream.hasRoom) {
      return { status: 503, text: 'Too many pages are open; close one.' };
    }
    return undefined;
  }

  async #decode(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isJson = request.headers['content-type']?.split(';')[0]?.trim() === 'application/json';
    const body = isJson ? await readBody(request) : undefined;
    const token = tokenOf(body);
    if (token === undefined) {
      response.shouldKeepAlive = false;
      sendJson(response, 400, { error: 'Send {"token": "..."} as application/json.' });
      return;
    }
    const view = viewToken(token, this.#context());
    const { header, claims } = view;
    sendJson(response, 200, { header, claims, marks: markToken(view) });
  }
}

function pathOf(target: string | undefined): string {
  return target?.split('?')[0] ?? '';
}

function tokenOf(body: string | undefined): string | undefined {
  try {
    const value = JSON.parse(body ?? '') as { readonly token?: unknown } | null;
    return typeof value?.token === 'string' ? value.token : undefined;
  } catch {
    return undefined;
  }
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, JSON_HEADERS).end(JSON.stringify(value));
}
