import type { Buffer } from 'node:buffer';
import { verify } from 'node:crypto';
import type { Check } from './check.ts';
import type { SigningKey } from './signing-key.ts';

/** A token's signature, what it covers, and the key it claims to be made with. */
export interface SignedToken {
  /** ASCII of header, dot and payload. */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
  readonly key: SigningKey;
}

/** The rules about a signature, in order. Reached only by tokens whose header names RS256 and a published key. */
export const signatureChecks: readonly Check<SignedToken>[] = Object.freeze([
  {
    rule: 'S9',
    reason: 'signature_length',
    violates: ({ signature, key }: SignedToken) => signature.length !== key.signatureBytes,
  },
  {
    rule: 'K3',
    reason: 'signature_invalid',
    // RSASSA-PKCS1-v1_5 with SHA-256, decided here and by the key's type, never by the token. One synchronous call:
    // a hop to the thread pool costs more than the verification.
    violates: ({ signingInput, signature, key }: SignedToken) =>
      !verify('sha256', signingInput, key.key, signature),
  },
] satisfies Check<SignedToken>[]);
