import type { Writable } from 'node:stream';

const WRITABLE_AGAIN = ['drain', 'cancelled', 'error', 'close', 'finish'] as const;

function writable(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of WRITABLE_AGAIN) stream.off(event, done);
      resolve();
    };
    for (const event of WRITABLE_AGAIN) stream.on(event, done);
  });
}

/**
 * Writes a handler's messages as fast as the peer reads them.
 *
 * @param serialize - Encodes a message; what it throws stops the handler, too.
 * @param over - Whether the call has ended in the meantime; the handler is then stopped through its iterator.
 */
export async function writeMessages(
  stream: Writable,
  messages: AsyncIterable<unknown>,
  serialize: (message: unknown) => Buffer,
  over: () => boolean,
): Promise<void> {
  for await (const message of messages) {
    if (over()) return;
    if (!stream.write(serialize(message))) await writable(stream);
    if (over()) return;
  }
}
