import type { AppCaller, UserCaller } from '#src/core/caller.ts';

const base = {
  issuer: 'https://localhost:1/8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11/v2.0',
  tenantId: '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11',
  objectId: '1f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b12',
  clientId: '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13',
  clientAuthentication: 'secret',
  tokenId: undefined,
  expiresAt: 4_000_000_000,
  issuedAt: 3_999_990_000,
  groups: { ids: [], complete: true },
  agent: false,
  authContexts: [],
  answersChallenges: false,
  certificateThumbprint: undefined,
  tokenVersion: '2.0',
} as const;

/** A verified application with these roles. */
export function appCaller(roles: readonly string[], changes: Partial<AppCaller> = {}): AppCaller {
  return { ...base, kind: 'app', kindEvidence: 'declared', roles, ...changes };
}

/** A verified user with these scopes and roles. */
export function userCaller(
  scopes: readonly string[],
  roles: readonly string[] = [],
  changes: Partial<UserCaller> = {},
): UserCaller {
  return {
    ...base,
    kind: 'user',
    kindEvidence: 'declared',
    scopes,
    roles,
    guest: false,
    display: { name: undefined, username: undefined, email: undefined },
    ...changes,
  };
}
