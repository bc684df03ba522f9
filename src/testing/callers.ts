import type { AppCaller, Caller, UserCaller } from '../core/caller.ts';

/** Tenant of test callers, unless they say otherwise. */
export const TEST_TENANT_ID = '7e57ab1e-0000-4000-8000-000000000001';
const ISSUER = `https://localhost/${TEST_TENANT_ID}/v2.0`;
const HOUR_SECONDS = 3600;

function base() {
  const now = Math.floor(Date.now() / 1000);
  return {
    issuer: ISSUER,
    tenantId: TEST_TENANT_ID,
    objectId: '7e57ab1e-0000-4000-8000-000000000002',
    clientId: '7e57ab1e-0000-4000-8000-000000000003',
    clientAuthentication: 'secret',
    kindEvidence: 'declared',
    roles: [],
    tokenId: undefined,
    issuedAt: now,
    expiresAt: now + HOUR_SECONDS,
    tokenVersion: '2.0',
    groups: { ids: [], complete: true },
    agent: false,
    authContexts: [],
    answersChallenges: false,
    certificateThumbprint: undefined,
  } as const;
}

/**
 * An application that calls as itself.
 *
 * @param changes - For example `{ roles: ['Orders.Read'] }`. Default: no roles, fixed ids.
 */
export function asApp(changes: Partial<Omit<AppCaller, 'kind'>> = {}): AppCaller {
  return Object.freeze({ ...base(), ...changes, kind: 'app' });
}

/**
 * An application that calls for a signed-in user.
 *
 * @param changes - For example `{ scopes: ['Orders.Approve'] }`. Default: no scopes, no roles, fixed ids.
 */
export function asUser(changes: Partial<Omit<UserCaller, 'kind'>> = {}): UserCaller {
  return Object.freeze({
    ...base(),
    scopes: [],
    guest: false,
    display: { name: undefined, username: undefined, email: undefined },
    ...changes,
    kind: 'user',
  });
}

/** Who calls in a test: a caller, or nobody, which is a call without a token. */
export type TestCaller = Caller | 'nobody';
