import type { IncomingMessage } from 'node:http';

/** Larger than any request an emulator answers; smaller than what could hurt. */
export const MAX_BODY_BYTES = 65_536;

/** Reads the body of a request as UTF-8; `undefined` when it is beyond the bound, and the rest is left unread. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Left open on the way out: destroying it would cut the connection before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
