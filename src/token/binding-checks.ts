import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { Check } from './check.ts';
import type { ClaimFacts } from './claim-checks.ts';

/** SHA-256 in base64url: 43 characters, of which the last carries four bits. */
const THUMBPRINT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Reads claim `cnf`.
 *
 * @returns SHA-256 of the certificate, base64url; `undefined` unless the claim is an object with exactly that member.
 * @see RFC 8705 section 3.1
 */
export function confirmedThumbprint(cnf: unknown): string | undefined {
  if (typeof cnf !== 'object' || cnf === null) return undefined;
  const [first, second] = Object.entries(cnf);
  if (first === undefined || second !== undefined) return undefined;
  const [name, value] = first;
  const fits = name === 'x5t#S256' && typeof value === 'string' && THUMBPRINT.test(value);
  return fits ? value : undefined;
}

/** What binds the token to a key (rules P1, P2, P4). */
export const bindingChecks: readonly Check<ClaimFacts>[] = Object.freeze([
  {
    rule: 'P1',
    reason: 'bound_token_unverified',
    violates: ({ claims, policy }: ClaimFacts) => policy.binding === 'off' && 'cnf' in claims,
  },
  {
    rule: 'P4',
    reason: 'confirmation_missing',
    violates: ({ claims, policy }: ClaimFacts) =>
      policy.binding === 'required' && !('cnf' in claims),
  },
  {
    rule: 'P2',
    reason: 'confirmation_malformed',
    violates: ({ claims }: ClaimFacts) =>
      'cnf' in claims && confirmedThumbprint(claims.cnf) === undefined,
  },
] satisfies Check<ClaimFacts>[]);

/** What is known of the connection a call came by. */
export interface CallConnection {
  /**
   * SHA-256 of the DER of the certificate that the peer presented and proved to own, base64url without padding.
   * Absent: it presented none. Compute it once a connection.
   */
  readonly certificateThumbprint?: string | undefined;
}

/** A bound token and the connection it came by. */
export interface BoundCall {
  /** SHA-256 of the certificate in the token, base64url. */
  readonly bound: string;
  readonly connection: CallConnection;
}

/** Asked at every call with a bound token, remembered or not: a connection is no part of a token (rules P2, P3). */
export const connectionChecks: readonly Check<BoundCall>[] = Object.freeze([
  {
    rule: 'P3',
    reason: 'certificate_missing',
    violates: ({ connection }: BoundCall) => connection.certificateThumbprint === undefined,
  },
  {
    rule: 'P2',
    reason: 'certificate_mismatch',
    violates: ({ bound, connection }: BoundCall) => {
      const wanted = Buffer.from(bound);
      const found = Buffer.from(String(connection.certificateThumbprint));
      return wanted.length !== found.length || !timingSafeEqual(wanted, found);
    },
  },
] satisfies Check<BoundCall>[]);
