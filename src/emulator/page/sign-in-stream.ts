import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogLine } from '../log-line.ts';
import type { RequestLog } from '../request-log.ts';

/** More pages than anybody has open; a bound, because each is a connection and a listener. */
const MAX_STREAMS = 32;
/** A page that does not read is cut off, instead of its lines piling up here. */
const MAX_UNREAD_BYTES = 1_048_576;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
};

/** Tells pages of requests as they end: server-sent events, each with a number to resume from. */
export class SignInStream {
  readonly #log: RequestLog;
  /** Numbers start anew with every emulator, so a page must know which one they are of. */
  readonly #instance = randomUUID();
  #open = 0;

  constructor(log: RequestLog) {
    this.#log = log;
  }

  /** Whether one more page can be served. */
  get hasRoom(): boolean {
    return this.#open < MAX_STREAMS;
  }

  /** Sends what the page has not seen yet, and then what comes, until either side ends. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
  ): void {
    this.#open += 1;
    response.writeHead(200, { ...headers, ...HEADERS });
    response.write(`retry: 1000\nevent: instance\ndata: ${this.#instance}\n\n`);
    const seen = this.#seen(request.headers['last-event-id']);
    const send = (line: LogLine): void => {
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
      else
        response.write(`id: ${this.#instance}/${line.number}\ndata: ${JSON.stringify(line)}\n\n`);
    };
    for (const line of this.#log.lines) if (line.number > seen) send(line);
    const watching = this.#log.watch(send);
    response.once('close', () => {
      this.#open -= 1;
      watching[Symbol.dispose]();
    });
  }

  #seen(lastEventId: string | readonly string[] | undefined): number {
    const [instance, number] = String(lastEventId ?? '').split('/');
    const seen = Number(number);
    return instance === this.#instance && Number.isSafeInteger(seen) ? seen : 0;
  }
}
