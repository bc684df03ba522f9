import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../core/caller.ts';
import type { Secret } from '../core/secret.ts';
import { ServiceError } from '../core/service-error.ts';

/** What the gate decided about a call it let through. */
export type Admission =
  | { readonly kind: 'public' }
  | {
      readonly kind: 'caller';
      readonly caller: Caller;
      /** Absent unless the gate was told to expose it. */
      readonly token: Secret | undefined;
    };

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

/**
 * The access token a call came with, to call another service on behalf of the same user: the `userToken` of a channel
 * made with `onBehalfOf(...)`. Never pass it on as it is: it is for this service alone.
 *
 * @param call - The call object the handler received.
 * @throws {@link ServiceError} INTERNAL when there is no caller, or option `exposeTokens` is not set.
 */
export function tokenOf(call: { readonly metadata: Metadata }): Secret {
  callerOf(call);
  const admission = admissionOf(call.metadata);
  if (admission?.kind !== 'caller' || admission.token === undefined) {
    throw new ServiceError(
      'INTERNAL',
      "the caller's token is not kept; set exposeTokens: true where the server or its credentials are made",
    );
  }
  return admission.token;
}
