import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../core/log.ts';
import { type Answer, httpRefusal, refusalAnswer } from './answer.ts';
import { claimedClient } from './client-authentication.ts';
import type { EmulatorContext } from './context.ts';
import { deliver } from './deliver.ts';
import type { Fault } from './fault.ts';
import type { FaultQueue } from './fault-queue.ts';
import { alteredAnswer, faultyAnswer } from './faulty-answer.ts';
import { MAX_BODY_BYTES, readBody } from './read-body.ts';
import { Refusal, type RefusalContext } from './refusal.ts';
import type { IncomingFacts, RequestRecorder } from './request-log.ts';
import type { Route } from './routes.ts';

/** What a path leads to; `undefined` for nothing. */
export type RouteFinder = (pathname: string) => Route | undefined;

/** What every exchange shares. */
export interface ExchangeParts {
  readonly context: () => EmulatorContext;
  readonly routeOf: RouteFinder;
  readonly recorder: RequestRecorder;
  readonly faults: FaultQueue;
  readonly logger: Logger;
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Clients send their correlation id as a header, in the query or in the body (trap T4). */
function correlationId(request: IncomingMessage, url: URL, form: URLSearchParams): string {
  const candidates = [
    request.headers['client-request-id'],
    url.searchParams.get('client-request-id'),
    form.get('client-request-id'),
  ];
  const given = candidates.find(
    (value): value is string => typeof value === 'string' && GUID.test(value),
  );
  return given?.toLowerCase() ?? randomUUID();
}

/** Why a request is not answered by its route. */
function unreadable(route: Route | undefined, method: string | undefined): Answer | undefined {
  if (route === undefined) {
    return httpRefusal(404, 'not_found', 'This emulator has nothing at this address.');
  }
  const asked = method === 'HEAD' ? 'GET' : method;
  if (asked === route.method) return undefined;
  const allow = { allow: route.method };
  return httpRefusal(405, 'method_not_allowed', `Use ${route.method}.`, allow);
}

interface Read {
  readonly url: URL;
  readonly route: Route | undefined;
  readonly form: URLSearchParams;
  readonly refused: Answer | undefined;
}

async function read(request: IncomingMessage, origin: string, routeOf: RouteFinder): Promise<Read> {
  const target = request.url ?? '';
  const text = `${origin}${target}`;
  // A target that is no path could name another host.
  const isPath = target.startsWith('/') && URL.canParse(text);
  const url = new URL(isPath ? text : origin);
  const route = isPath ? routeOf(url.pathname) : undefined;
  const none = new URLSearchParams();
  const refused = unreadable(route, request.method);
  if (refused !== undefined || route?.method !== 'POST') return { url, route, form: none, refused };
  const body = await readBody(request);
  if (body !== undefined) return { url, route, form: new URLSearchParams(body), refused };
  const bound = `A body has ${MAX_BODY_BYTES} bytes at most.`;
  return { url, route, form: none, refused: httpRefusal(413, 'invalid_request', bound) };
}

/** An exchange, from the request read to the answer chosen. */
class Exchange {
  readonly #parts: ExchangeParts;
  readonly #context: EmulatorContext;
  readonly #read: Read;
  readonly #headers: IncomingHttpHeaders;
  readonly #correlationId: string;

  constructor(
    parts: ExchangeParts,
    context: EmulatorContext,
    request: IncomingMessage,
    read: Read,
  ) {
    this.#parts = parts;
    this.#context = context;
    this.#read = read;
    this.#headers = request.headers;
    this.#correlationId = correlationId(request, read.url, read.form);
  }

  /** What the log keeps of who asked. */
  get who(): Pick<IncomingFacts, 'clientId' | 'app' | 'correlationId'> {
    const { form, url } = this.#read;
    const { authorization } = this.#headers;
    const given = claimedClient({ form, authorization }).clientId;
    const clientId = given || (url.searchParams.get('client_id') ?? undefined);
    const { apps, managedIdentities } = this.#context.directory;
    const app = [...apps, ...managedIdentities].find(
      (candidate) => candidate.clientId === clientId?.toLowerCase(),
    );
    return { clientId, app: app?.name, correlationId: this.#correlationId };
  }

  /** Headers that answer this request's own. */
  get headers(): Readonly<Record<string, string>> {
    const wanted = this.#headers['return-client-request-id'];
    const echo = typeof wanted === 'string' && wanted.toLowerCase() === 'true';
    return echo ? { 'client-request-id': this.#correlationId } : {};
  }

  async answer(fault: Fault | undefined): Promise<Answer> {
    const replaced = faultyAnswer(fault, this.#refusalContext());
    return replaced ?? alteredAnswer(await this.#rightAnswer(fault), fault);
  }

  #refusalContext(): RefusalContext {
    return {
      origin: this.#context.origin,
      now: new Date(this.#context.clock.now()),
      correlationId: this.#correlationId,
    };
  }

  async #rightAnswer(fault: Fault | undefined): Promise<Answer> {
    const { url, route, form, refused } = this.#read;
    if (refused !== undefined || route === undefined) {
      return refused ?? httpRefusal(404, 'not_found', '');
    }
    const changes = fault?.kind === 'token' ? fault.token : {};
    try {
      return await route.answer({ url, form, headers: this.#headers, changes }, this.#context);
    } catch (error) {
      if (error instanceof Refusal) return refusalAnswer(error.reason, this.#refusalContext());
      this.#parts.logger.error('the emulator failed to answer a request', { error });
      return httpRefusal(500, 'server_error', 'The emulator failed; see its log.');
    }
  }
}

/** Answers one request. Whatever it is, the emulator stays up. */
export async function handleExchange(
  parts: ExchangeParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const context = parts.context();
  const done = await read(request, context.origin, parts.routeOf);
  const exchange = new Exchange(parts, context, request, done);
  const entry = parts.recorder.record({
    endpoint: done.route?.endpoint ?? 'other',
    at: new Date(context.clock.now()),
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    form: done.form,
    ...exchange.who,
  });
  const active = parts.faults.take(entry.request);
  const answer = await exchange.answer(active?.fault);
  // An unread rest of the request must not keep the connection busy.
  if (!request.complete) response.shouldKeepAlive = false;
  const whole = await deliver(response, answer, active, exchange.headers);
  if (whole) entry.done(answer.status, answer.aadsts);
  else entry.done();
}
