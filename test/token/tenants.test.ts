import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PERSONAL_TENANT } from '#src/token/policy.ts';
import { ANY_TENANT, BOTH_VERSIONS, issuerOf, MANY_TENANTS } from '../attacks/attack.ts';
import { accepts, refuses, tokenWorld } from '../support/token-world.ts';
import { mint, OTHER_TENANT, TENANT, testKey, V1_CLAIMS } from '../support/tokens.ts';

const of = (tenant: string): string => mint({ claims: { iss: issuerOf(tenant), tid: tenant } });
const THIRD = '00000000-0000-4000-8000-000000000099';

describe('tokens of several tenants', () => {
  const listed = { tenantId: { allowedTenants: [TENANT, OTHER_TENANT] } };

  it('I6 are accepted from the tenants on the list, each by its own documents', async () => {
    const world = tokenWorld(listed);
    assert.equal((await accepts(world, of(TENANT))).tenantId, TENANT);
    assert.equal((await accepts(world, of(OTHER_TENANT))).tenantId, OTHER_TENANT);
    assert.deepEqual(
      world.authority.requests.map((url) => url.split('/')[3]),
      [TENANT, TENANT, OTHER_TENANT, OTHER_TENANT],
    );
    await refuses(world, of(THIRD), 'tenant_not_allowed');
    await refuses(world, of(PERSONAL_TENANT), 'tenant_not_allowed');
  });

  it('I6 are accepted from a list of one', async () => {
    const world = tokenWorld({ tenantId: { allowedTenants: [TENANT] } });
    await accepts(world, of(TENANT));
    await refuses(world, of(OTHER_TENANT), 'tenant_not_allowed');
  });

  it('I6 need their own issuer, not that of another tenant on the list', async () => {
    const claims = { iss: issuerOf(TENANT), tid: OTHER_TENANT };
    await refuses(tokenWorld(listed), mint({ claims }), 'issuer_mismatch');
  });

  it('56 need a tenant that is one, not something that fills a template', async () => {
    for (const tid of [
      'common',
      'organizations',
      '{tenantid}',
      '../x',
      '',
      '$&',
      TENANT.toUpperCase(),
      `{${TENANT}}`,
      '00000000-0000-0000-0000-000000000000',
      null,
      [TENANT],
    ]) {
      const world = tokenWorld(ANY_TENANT);
      const claims = { iss: issuerOf(String(tid)), tid };
      // What is no text makes no issuer that another claim could match.
      const reason = typeof tid === 'string' ? 'tenant_mismatch' : 'issuer_mismatch';
      await refuses(world, mint({ claims }), reason);
    }
    await refuses(
      tokenWorld(ANY_TENANT),
      mint({ claims: { iss: issuerOf('{tenantid}') } }),
      'issuer_mismatch',
    );
  });

  it('I6 of more than 20 tenants share one set of documents', async () => {
    const world = tokenWorld(MANY_TENANTS);
    await accepts(world, of(TENANT));
    await accepts(world, of('00000000-0000-4000-8000-000000000010'));
    await refuses(world, of(THIRD), 'tenant_not_allowed');
    assert.deepEqual(
      world.authority.requests.map((url) => url.split('/')[3]),
      ['organizations', 'organizations'],
    );
    const twenty = tokenWorld({
      tenantId: {
        allowedTenants: Array.from(
          { length: 20 },
          (_, i) => `00000000-0000-4000-8000-0000000000${10 + i}`,
        ),
      },
    });
    await accepts(twenty, of('00000000-0000-4000-8000-000000000010'));
    assert.match(twenty.authority.requests[0] ?? '', /000000000010/);
  });

  it('I6 are accepted from anywhere when that is said, and I7 from personal accounts when that is said too', async () => {
    const world = tokenWorld(ANY_TENANT);
    await accepts(world, of(THIRD));
    await refuses(world, of(PERSONAL_TENANT), 'personal_account');
    assert.match(world.authority.requests[0] ?? '', /\/organizations\//);
    const personal = tokenWorld({
      tenantId: { allowAnyTenant: true, allowPersonalAccounts: true },
    });
    await accepts(personal, of(PERSONAL_TENANT));
    assert.match(personal.authority.requests[0] ?? '', /\/common\//);
    const listedPersonal = tokenWorld({
      tenantId: { allowedTenants: [TENANT, PERSONAL_TENANT], allowPersonalAccounts: true },
    });
    await accepts(listedPersonal, of(PERSONAL_TENANT));
  });

  it('K4b need keys bound to an issuer in v2.0 documents, which v1.0 documents do not have', async () => {
    const world = tokenWorld({ ...ANY_TENANT, ...BOTH_VERSIONS });
    world.authority.keys = [testKey('published').jwk];
    await refuses(world, mint(), 'key_without_issuer');
    await accepts(world, mint({ base: V1_CLAIMS }));
    assert.match(world.authority.requests.at(-1) ?? '', /\/common\/discovery\/keys$/);
  });

  it('K4b accept a key without issuer from documents of one tenant', async () => {
    const world = tokenWorld();
    world.authority.keys = [testKey('published').jwk];
    await accepts(world, mint());
  });

  it('K4 accept a v1.0 token by a key of the same tenant in its v2.0 name, and of no other', async () => {
    const world = tokenWorld(BOTH_VERSIONS);
    world.authority.v1Keys = [{ ...testKey('published').jwk, issuer: issuerOf(TENANT) }];
    await accepts(world, mint({ base: V1_CLAIMS }));
    const other = tokenWorld(BOTH_VERSIONS);
    other.authority.v1Keys = [{ ...testKey('published').jwk, issuer: issuerOf(OTHER_TENANT) }];
    await refuses(other, mint({ base: V1_CLAIMS }), 'key_of_other_issuer');
  });

  it('K5 accept a key of the cloud that the metadata names', async () => {
    const world = tokenWorld();
    world.authority.keys = [
      { ...testKey('published').jwk, cloud_instance_name: 'microsoftonline.com' },
    ];
    await accepts(world, mint());
  });

  it('81 with one object id in two tenants are two callers', async () => {
    const world = tokenWorld(listed);
    const [a, b] = [await accepts(world, of(TENANT)), await accepts(world, of(OTHER_TENANT))];
    assert.equal(a.objectId, b.objectId);
    assert.notEqual(a.tenantId, b.tenantId);
    assert.notEqual(a.issuer, b.issuer);
  });
});

describe('the issuer of a token', () => {
  const good = issuerOf(TENANT);
  const wrong: readonly unknown[] = [
    `${good}/`,
    good.slice(0, -1),
    good.toUpperCase(),
    good.replace('https', 'http'),
    good.replace('.com/', '.com:443/'),
    good.replace('//', '//user@'),
    good.replace('/v2.0', '%2fv2.0'),
    good.replace('/v2.0', '/x/v2.0'),
    good.replace('/v2.0', ''),
    good.replace('microsoftonline.com', 'windows.net'),
    good.replace('login.microsoftonline.com', 'login.microsoft.com'),
    good.replace('.com', '.com.attacker.example'),
    good.replace(TENANT, '{tenantid}'),
    `https://sts.windows.net/${TENANT}/`,
    ` ${good}`,
    [good],
    { iss: good },
    null,
    undefined,
    7,
  ];
  for (const iss of wrong) {
    it(`I1 is not ${JSON.stringify(iss)}`, async () => {
      const world = tokenWorld();
      // A key that may sign for anybody, so that only the issuer is in question.
      world.authority.keys = [testKey('published').jwk];
      await refuses(world, mint({ claims: { iss } }), 'issuer_mismatch');
    });
  }
});
