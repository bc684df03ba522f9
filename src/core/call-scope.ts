import { AsyncLocalStorage } from 'node:async_hooks';

/** A call that is being served, as calls made on its behalf need to know it. */
export interface CallScope {
  /** Whether the handler is still at work. */
  readonly active: boolean;
  readonly deadline: Date | undefined;
  /** Aborts when the caller gives up. */
  readonly signal: AbortSignal;
  /** Request metadata. */
  readonly metadata: { get(key: string): readonly (string | Buffer)[] };
}

const storage = new AsyncLocalStorage<CallScope>();
let followed = false;

/**
 * Makes scopes follow their calls from here on. Asked for by whoever reads them: on Node 20 this costs every asynchronous
 * step of the process, and a server that calls nobody should not pay for it.
 */
export function followScopes(): void {
  followed = true;
}

/** Runs a handler, so that whatever it starts knows for which call it works. */
export function runInScope<T>(scope: CallScope, work: () => T): T {
  return followed ? storage.run(scope, work) : work();
}

/** The call that is being served here. None after its end: what a handler leaves running works for nobody. */
export function currentScope(): CallScope | undefined {
  const scope = storage.getStore();
  return scope?.active === true ? scope : undefined;
}
