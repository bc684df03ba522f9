import type { ChildMessage, MintRequest } from './messages.ts';

/** Sends to the process that started this one, if it is still there. */
export function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

/** Receives requests of the process that started this one. */
export function onRequest(receive: (request: MintRequest) => void): void {
  process.on('message', (message) => receive(message as MintRequest));
}

/** Stops when told to, and when the process that started this one is gone. */
export function stopWith(stop: () => Promise<void>): void {
  let stopping = false;
  const once = (): void => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, once);
  process.on('disconnect', once);
}

/** Runs a child's main function; what it throws reaches the parent as one line. */
export function runChild(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
  });
}
