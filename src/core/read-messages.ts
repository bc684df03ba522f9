import type { Readable } from 'node:stream';

const ignore = (): void => {};

/**
 * Iterates over a stream's messages without ever destroying it.
 *
 * `for await` over the stream itself destroys it at its end on Node 20, after which a gRPC server cannot send its
 * status and the client hangs (grpc/grpc-node#1839). Listens from the moment of the call, so that nothing emitted
 * before the first `next()` is lost; read only as fast as the consumer asks, so flow control works.
 *
 * @param stream - Object-mode stream.
 * @param closed - A further event that ends the stream with an error, for example `cancelled`.
 * @throws What the stream emits as `error`.
 */
export function readMessages<T>(
  stream: Readable,
  closed?: { readonly event: string; readonly error: () => Error },
): AsyncGenerator<T, void, undefined> {
  let ended = stream.readableEnded;
  let failure: { readonly error: unknown } | undefined;
  let wake = ignore;
  const notify = (): void => wake();
  const onEnd = (): void => {
    ended = true;
    wake();
  };
  const onError = (error: unknown): void => {
    failure ??= { error };
    wake();
  };
  const onClosed = (): void => onError(closed?.error());
  // Stays: an error that comes after the iteration must not bring the process down.
  stream.on('error', ignore);
  stream.on('readable', notify);
  stream.on('end', onEnd);
  stream.on('error', onError);
  if (closed !== undefined) stream.on(closed.event, onClosed);

  async function* iterate(): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const message: T | null = stream.read();
        if (message !== null) {
          yield message;
          continue;
        }
        if (failure !== undefined) throw failure.error;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      stream.off('readable', notify);
      stream.off('end', onEnd);
      stream.off('error', onError);
      if (closed !== undefined) stream.off(closed.event, onClosed);
    }
  }
  return iterate();
}
