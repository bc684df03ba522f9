import { randomBytes } from 'node:crypto';
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

/** What a handler has of its call's metadata: that of grpc-js, or a framework's copy of it. */
export interface MetadataLike {
  get(key: string): unknown;
}

/** A class that extends this one adds its private fields to the object given, and makes no new one. */
class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the language has no other way to give grpc-js's objects a private field
    return object;
  }
}

/**
 * Puts the gate's decision on the call's metadata object: what both an interceptor and a handler of grpc-js see. As a
 * private field it cannot be forged from the wire, is not printed, and not copied. (A WeakMap does the same, at the price
 * of a tenth of a call in garbage collection.)
 */
class Admitted extends Itself {
  #admission: Admission;

  private constructor(metadata: MetadataLike, admission: Admission) {
    super(metadata);
    this.#admission = admission;
  }

  static record(metadata: MetadataLike, admission: Admission): void {
    // A private field is added once.
    if (#admission in metadata) metadata.#admission = admission;
    else new Admitted(metadata, admission);
  }

  static of(metadata: MetadataLike): Admission | undefined {
    return #admission in metadata ? metadata.#admission : undefined;
  }
}

/**
 * Some hosts give handlers a copy of the metadata. For them the gate puts an id of its own into it, which no peer can know
 * and no peer can send, because the gate removes what came under this name.
 */
const CALL_KEY = 'grpc-entra-call';
const admissionsById = new Map<string, Admission>();

/** Records the gate's decision. Only the gate calls this. */
export function recordAdmission(metadata: Metadata, admission: Admission): void {
  metadata.remove(CALL_KEY);
  Admitted.record(metadata, admission);
}

/**
 * Records it also for copies of the metadata, in a host's server.
 *
 * @returns What forgets it when the call is over.
 */
export function recordAdmissionForCopies(metadata: Metadata, admission: Admission): () => void {
  const id = randomBytes(18).toString('base64url');
  metadata.set(CALL_KEY, id);
  admissionsById.set(id, admission);
  return () => admissionsById.delete(id);
}

/** The gate's decision about a call, or `undefined` when no gate saw it. */
export function admissionOf(metadata: MetadataLike): Admission | undefined {
  const known = Admitted.of(metadata);
  if (known !== undefined) return known;
  const found = metadata.get(CALL_KEY);
  const id: unknown = Array.isArray(found) ? found[0] : found;
  return typeof id === 'string' ? admissionsById.get(id) : undefined;
}

/**
 * Who is calling, inside a handler of any host behind the gate: grpc-js, nice-grpc, NestJS. While the call lasts.
 *
 * @param call - The call or context the handler received; anything with the call's `metadata`.
 * @throws {@link ServiceError} INTERNAL when no gate saw the call or the method is public: a handler that asks for a
 * caller must not run without one.
 */
export function callerOf(call: { readonly metadata: MetadataLike }): Caller {
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
export function tokenOf(call: { readonly metadata: MetadataLike }): Secret {
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
