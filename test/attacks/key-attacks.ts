import { Buffer } from 'node:buffer';
import { PERSONAL_TENANT } from '#src/token/policy.ts';
import type { FakeAuthority } from '../support/token-world.ts';
import {
  APP_CLAIMS,
  base64url,
  type Claims,
  ISSUER,
  mint,
  OTHER_TENANT,
  testKey,
} from '../support/tokens.ts';
import { ANY_TENANT, type Attack, issuerOf, withClaims } from './attack.ts';

const publishedBy = (members: Claims) => (authority: FakeAuthority) => {
  authority.keys = [{ ...testKey('published').jwk, ...members }];
};

/** Rules S9 and K3 to K5. */
export const keyAttacks: readonly Attack[] = [
  {
    rule: 'S9',
    name: 'a signature one byte short',
    reason: 'signature_length',
    token: () =>
      mint().replace(/[^.]+$/, (signature) =>
        base64url(Buffer.from(signature, 'base64url').subarray(1)),
      ),
    without: 'signature_invalid',
  },
  {
    rule: 'S9',
    name: 'a signature with a zero byte before it',
    reason: 'signature_length',
    token: () =>
      mint().replace(/[^.]+$/, (signature) =>
        base64url(Buffer.concat([Buffer.of(0), Buffer.from(signature, 'base64url')])),
      ),
    without: 'signature_invalid',
  },
  {
    rule: 'K3',
    name: 'a signature by a key that is not published',
    reason: 'signature_invalid',
    token: () => mint({ key: { ...testKey('attacker'), kid: testKey('published').kid } }),
  },
  {
    rule: 'K3',
    name: 'a payload changed after signing',
    reason: 'signature_invalid',
    token: () => {
      const [head, , signature] = mint().split('.');
      return `${head}.${base64url(JSON.stringify({ ...APP_CLAIMS, roles: ['Admin'] }))}.${signature}`;
    },
  },
  {
    rule: 'K4',
    name: 'a key that may sign for personal accounts only (Storm-0558)',
    reason: 'key_of_other_issuer',
    token: mint,
    authority: publishedBy({ issuer: issuerOf(PERSONAL_TENANT) }),
  },
  {
    rule: 'K4',
    name: "a key of one tenant under another tenant's token",
    reason: 'key_of_other_issuer',
    token: withClaims({ iss: issuerOf(OTHER_TENANT), tid: OTHER_TENANT }),
    options: ANY_TENANT,
    authority: publishedBy({ issuer: ISSUER }),
  },
  {
    rule: 'K4b',
    name: 'a key without issuer in documents that serve all tenants',
    reason: 'key_without_issuer',
    token: mint,
    options: ANY_TENANT,
    authority: publishedBy({}),
  },
  {
    rule: 'K5',
    name: 'a key of another cloud',
    reason: 'key_of_other_cloud',
    token: mint,
    authority: publishedBy({ cloud_instance_name: 'microsoftonline.us' }),
  },
];
