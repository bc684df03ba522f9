import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTokenValidator, type TokenValidatorOptions } from 'grpc-entra/token';
import type { TokenReason } from '#src/core/token-reason.ts';
import { resolveAuthority, tokenUrl } from '#src/entra/authority.ts';
import { explainRejection } from '#src/token/explain.ts';
import { ANY_TENANT, CIAM, issuerOf } from '../attacks/attack.ts';
import { accepts, OPTIONS, refuses, tokenWorld } from '../support/token-world.ts';
import {
  type Claims,
  mint,
  OTHER_TENANT,
  TENANT,
  testKey,
  USER_CLAIMS,
} from '../support/tokens.ts';

const CIAM_ISSUER = `https://${TENANT}.ciamlogin.com/${TENANT}/v2.0`;
const ciamToken = (claims: Claims = {}): string =>
  mint({ base: USER_CLAIMS, claims: { iss: CIAM_ISSUER, ...claims } });

const create = (changes: object): void => {
  createTokenValidator({ ...OPTIONS, ...changes } as TokenValidatorOptions).close();
};

describe('External ID (CIAM)', () => {
  const world = (changes: Partial<TokenValidatorOptions> = {}) => {
    const made = tokenWorld({ ...CIAM, ...changes });
    made.authority.keys = [{ ...testKey('published').jwk, issuer: CIAM_ISSUER }];
    return made;
  };

  it('I4 names the tenant in the host of its issuer, whatever the host of its documents', async () => {
    const made = world();
    const caller = await accepts(made, ciamToken());
    assert.equal(caller.tenantId, TENANT);
    assert.equal(caller.issuer, CIAM_ISSUER);
    assert.deepEqual(made.authority.requests, [
      `https://contoso.ciamlogin.com/${TENANT}/v2.0/.well-known/openid-configuration`,
      `https://contoso.ciamlogin.com/${TENANT}/discovery/v2.0/keys`,
    ]);
  });

  it('I4 may be addressed by the tenant as well', async () => {
    const made = world({ authority: { ciam: TENANT } });
    await accepts(made, ciamToken());
    assert.equal(new URL(made.authority.requests[0] ?? '').host, `${TENANT}.ciamlogin.com`);
  });

  for (const [name, iss] of [
    ['the cloud of the workforce', issuerOf(TENANT)],
    ['the sub-domain by name', `https://contoso.ciamlogin.com/${TENANT}/v2.0`],
    ['another tenant', `https://${OTHER_TENANT}.ciamlogin.com/${OTHER_TENANT}/v2.0`],
    ['two tenants', `https://${OTHER_TENANT}.ciamlogin.com/${TENANT}/v2.0`],
    ['a trailing slash', `${CIAM_ISSUER}/`],
    ['the v1.0 form', `https://sts.windows.net/${TENANT}/`],
  ] as const) {
    it(`I4 refuses an issuer of ${name}`, async () => {
      await refuses(world(), ciamToken({ iss }), 'issuer_mismatch');
      await accepts(world(), ciamToken());
    });
  }

  it('K4 refuses a key that the workforce cloud names for itself, and fills a template twice', async () => {
    const workforce = world();
    workforce.authority.keys = [{ ...testKey('published').jwk, issuer: issuerOf('{tenantid}') }];
    await refuses(workforce, ciamToken(), 'key_of_other_issuer');
    const template = world();
    const issuer = CIAM_ISSUER.replaceAll(TENANT, '{tenantid}');
    template.authority.keys = [{ ...testKey('published').jwk, issuer }];
    await accepts(template, ciamToken());
  });

  for (const [name, metadata] of [
    ['the issuer of the workforce cloud', { issuer: issuerOf(TENANT) }],
    ['the issuer of another tenant', { issuer: CIAM_ISSUER.replaceAll(TENANT, OTHER_TENANT) }],
    ['keys of the workforce cloud', { jwks_uri: `${issuerOf(TENANT)}/keys` }],
    ['keys of another tenant', { jwks_uri: `https://${OTHER_TENANT}.ciamlogin.com/keys` }],
    ['keys of another name', { jwks_uri: 'https://fabrikam.ciamlogin.com/keys' }],
  ] as const) {
    it(`I8 discards metadata with ${name}`, async () => {
      const made = world();
      made.authority.metadata = metadata;
      await refuses(made, ciamToken(), 'keys_unavailable');
      assert.equal(made.authority.requests.length, 1);
    });
  }

  it('I8 takes keys from the host that the issuer names', async () => {
    const made = world();
    made.authority.metadata = {
      jwks_uri: `https://${TENANT}.ciamlogin.com/${TENANT}/discovery/v2.0/keys`,
    };
    await accepts(made, ciamToken());
  });

  const broken: readonly (readonly [string, Claims, TokenReason])[] = [
    ['C2', { oid: undefined }, 'object_id_missing'],
    ['C4', { azp: undefined }, 'client_id_missing'],
    ['C7', { nonce: 'n' }, 'id_token'],
    ['I5', { tid: undefined }, 'tenant_mismatch'],
    ['I2', { ver: '1.0' }, 'version_not_accepted'],
    ['A3', { aud: OTHER_TENANT }, 'audience_mismatch'],
  ];
  for (const [rule, claims, reason] of broken) {
    it(`${rule} holds as in other tenants: ${reason}`, async () => {
      await refuses(world(), ciamToken(claims), reason);
    });
  }

  it('has a token endpoint at its own address', () => {
    const authority = resolveAuthority('authority', { ciam: 'contoso' });
    assert.equal(
      tokenUrl(authority, TENANT).href,
      `https://contoso.ciamlogin.com/${TENANT}/oauth2/v2.0/token`,
    );
  });

  it('explains an issuer as that of an accepted tenant', () => {
    const { facts } = explainRejection(ciamToken(), { ...OPTIONS, ...CIAM });
    assert.match(facts?.issuer ?? '', /^an accepted tenant/);
  });

  for (const [rule, changes, message] of [
    ['I6', { tenantId: { allowedTenants: [TENANT] } }, /one tenant of External ID; give its GUID/],
    ['I6', ANY_TENANT, /one tenant of External ID/],
    ['I2', { tokenVersions: ['1.0', '2.0'] }, /External ID issues v2.0 tokens only/],
    ['I8', { authority: { ciam: 'contoso.ciamlogin.com' } }, /"contoso" where the tenant is at/],
    ['I8', { authority: { ciam: '' } }, /authority.ciam must be/],
    ['I8', { authority: { ciam: 'con/toso' } }, /authority.ciam must be/],
    ['I8', { authority: { ciam: 7 } }, /authority.ciam must be/],
    ['I8', { authority: { ciam: 'contoso', policies: [] } }, /unknown option "policies"/],
  ] as const) {
    it(`${rule} cannot be configured with ${JSON.stringify(changes)}`, () => {
      assert.throws(() => create({ ...CIAM, ...changes }), { message });
      create({ ...CIAM, tokenVersions: ['2.0'] });
    });
  }
});
