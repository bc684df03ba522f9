import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../core/caller.ts';
import { ServiceError } from '../core/service-error.ts';

/** What the gate decided about a call it let through. */
export type Admission =
  | { readonly kind: 'public' }
  | { readonly kind: 'caller'; readonly caller: Caller };

/**
 * Keyed by the call's metadata object: the one thing that both an interceptor and a handler see. It cannot be
 * forged from the wire, unlike anything written into the metadata.
 */
const admissions = new WeakMap<Metadata, Admission>();

/** Records the gate's decision. Only the gate calls this. */
export function recordAdmission(metadata: Metadata, admission: Admission): void {
  admissions.set(metadata, admission);
}

/** The gate's decision about a call, or `undefined` when no gate saw it. */
export function admissionOf(metadata: Metadata): Admission | undefined {
  return admissions.get(metadata);
}

/**
 * Who is calling, inside a handler of any grpc-js host behind the gate.
 *
 * @param call - The call object the handler received.
 * @throws {@link ServiceError} INTERNAL when no gate saw the call or the method is public: a handler that asks for a
 * caller must not run without one.
 */
export function callerOf(call: { readonly metadata: Metadata }): Caller {
  const admission = admissionOf(call.metadata);
  if (admission?.kind !== 'caller') {
    throw new ServiceError(
      'INTERNAL',
      admission === undefined ? 'the call passed no gate' : 'a public method has no caller',
    );
  }
  return admission.caller;
}
