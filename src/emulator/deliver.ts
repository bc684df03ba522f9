import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import type { ActiveFault } from './fault-queue.ts';

interface Message {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function render(answer: Answer, extra: Readonly<Record<string, string>>): Message {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  return {
    status: answer.status,
    headers: {
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
      'x-ms-request-id': randomUUID(),
      'x-ms-ests-server': 'grpc-entra emulator',
      ...answer.headers,
      ...extra,
    },
    body: Buffer.from(text),
  };
}

function start(response: ServerResponse, message: Message): void {
  response.writeHead(message.status, {
    ...message.headers,
    'content-length': message.body.length,
  });
}

function send(response: ServerResponse, message: Message): void {
  start(response, message);
  response.end(message.body);
}

function breakMidBody(response: ServerResponse, message: Message): void {
  start(response, message);
  const half = message.body.subarray(0, Math.floor(message.body.length / 2));
  // Destroyed only once the first half is out, or the peer would see no answer at all.
  response.write(half, () => response.destroy());
}

async function drip(
  response: ServerResponse,
  message: Message,
  pace: { readonly chunkBytes: number; readonly everyMs: number },
): Promise<void> {
  start(response, message);
  for (let at = 0; at < message.body.length && !response.destroyed; at += pace.chunkBytes) {
    response.write(message.body.subarray(at, at + pace.chunkBytes));
    await wait(pace.everyMs, undefined, { ref: false });
  }
  response.end();
}

/**
 * Sends an answer, as badly as a fault demands.
 *
 * @param extra - Headers of this exchange.
 * @returns Whether the whole answer went out.
 */
export async function deliver(
  response: ServerResponse,
  answer: Answer,
  active: ActiveFault | undefined,
  extra: Readonly<Record<string, string>>,
): Promise<boolean> {
  const fault = active?.fault;
  if (fault?.kind === 'held') await active?.released;
  if (fault?.kind === 'delayed') await wait(fault.delayMs, undefined, { ref: false });
  if (response.destroyed) return false;
  const message = render(answer, extra);
  if (fault?.kind === 'reset') {
    if (fault.when === 'before-answer') response.destroy();
    else breakMidBody(response, message);
    return false;
  }
  if (fault?.kind === 'dripped') {
    await drip(response, message, fault);
    return !response.destroyed;
  }
  if (fault?.kind === 'truncated') {
    const half = message.body.subarray(0, Math.floor(message.body.length / 2));
    send(response, { ...message, body: half });
    return false;
  }
  send(response, message);
  return true;
}
