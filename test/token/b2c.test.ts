import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { createTokenValidator, type TokenValidatorOptions } from 'grpc-entra/token';
import { resolveAuthority } from '#src/entra/authority.ts';
import { explainRejection } from '#src/token/explain.ts';
import { B2C, CIAM, issuerOf } from '../attacks/attack.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { accepts, OPTIONS, refuses, tokenWorld } from '../support/token-world.ts';
import {
  B2C_CLAIMS,
  CLIENT_ID,
  type Claims,
  mint,
  OBJECT_ID,
  OTHER_TENANT,
  TENANT,
  testKey,
  USER_CLAIMS,
  without,
} from '../support/tokens.ts';

const create = (changes: object): void => {
  createTokenValidator({ ...OPTIONS, ...changes } as TokenValidatorOptions).close();
};

const b2cToken = (claims: Claims = {}): string => mint({ base: B2C_CLAIMS, claims });

describe('Azure AD B2C', () => {
  const world = (changes: Partial<TokenValidatorOptions> = {}) => {
    const made = tokenWorld({ ...B2C, ...changes });
    made.authority.keys = [testKey('published').jwk];
    return made;
  };

  it('I9 accepts a user by a listed policy, with the keys of that policy', async () => {
    const made = world();
    const caller = await accepts(made, b2cToken());
    assert.deepEqual(
      [caller.kind, caller.tenantId, caller.objectId, caller.clientId, caller.tokenVersion],
      ['user', TENANT, OBJECT_ID, CLIENT_ID, '1.0'],
    );
    assert.equal(caller.clientAuthentication, 'unknown');
    assert.deepEqual(caller.kind === 'user' && caller.scopes, ['Orders.Read']);
    const policy = `https://contoso.b2clogin.com/${TENANT}/B2C_1_SignIn`;
    assert.deepEqual(made.authority.requests, [
      `${policy}/v2.0/.well-known/openid-configuration`,
      `${policy}/discovery/v2.0/keys`,
    ]);
  });

  it('I9 accepts older tokens, which name the policy in acr', async () => {
    await accepts(world(), b2cToken({ tfp: undefined, acr: 'B2C_1_SignIn' }));
    await accepts(world(), b2cToken({ acr: 'B2C_1_SignIn' }));
  });

  for (const [name, claims] of [
    ['another policy', { tfp: 'B2C_1_PasswordReset' }],
    ['another letter case', { tfp: 'b2c_1_signin' }],
    ['no policy', { tfp: undefined }],
    ['an array with it', { tfp: ['B2C_1_SignIn'] }],
    ['another policy in acr', { acr: 'B2C_1_PasswordReset' }],
    ['nothing in tfp', { tfp: null, acr: null }],
  ] as const) {
    it(`I9 refuses ${name}`, async () => {
      await refuses(world(), b2cToken(claims), 'policy_not_listed');
      await accepts(world(), b2cToken());
    });
  }

  it('I9 keeps the keys of policies apart (K1)', async () => {
    const authority = { b2c: 'contoso', policies: ['B2C_1_SignIn', 'B2C_1A_Edit'] };
    const made = world({ authority });
    const { fetch } = made.authority;
    made.authority.fetch = (url, maxBytes) => {
      if (!url.pathname.endsWith('/keys')) return fetch.call(made.authority, url, maxBytes);
      const key = testKey(url.pathname.includes('/B2C_1A_Edit/') ? 'second' : 'published');
      return Promise.resolve(Buffer.from(JSON.stringify({ keys: [key.jwk] })));
    };
    await made.validator.ready();
    const edit = { tfp: 'B2C_1A_Edit' };
    const byEdit = { base: B2C_CLAIMS, claims: edit, key: testKey('second') };
    await accepts(made, b2cToken());
    await accepts(made, mint(byEdit));
    await refuses(made, b2cToken(edit), 'key_id_unknown');
    await refuses(made, mint({ ...byEdit, claims: {} }), 'key_id_unknown');
    await refuses(made, b2cToken({ tfp: 'B2C_1_Other' }), 'policy_not_listed');
    assert.equal(made.validator.state().keySets.length, 2);
  });

  const own = (policy: string, tenant = TENANT): string =>
    `https://contoso.b2clogin.com/tfp/${tenant}/${policy}/v2.0/`;

  for (const policy of ['B2C_1_SignIn', 'b2c_1_signin']) {
    it(`I9 accepts the issuer that names the policy as ${policy}`, async () => {
      const made = world();
      made.authority.metadata = { issuer: own(policy) };
      await accepts(made, b2cToken({ iss: own(policy) }));
    });
  }

  for (const [name, iss] of [
    ['another policy', own('B2C_1_Other')],
    ['another tenant', own('B2C_1_SignIn', OTHER_TENANT)],
    ['another tenant, without policy', `https://contoso.b2clogin.com/${OTHER_TENANT}/v2.0/`],
    ['another name', `https://fabrikam.b2clogin.com/${TENANT}/v2.0/`],
    ['no trailing slash', `https://contoso.b2clogin.com/${TENANT}/v2.0`],
    ['the old host', `https://login.microsoftonline.com/${TENANT}/v2.0/`],
    ['the workforce', issuerOf(TENANT)],
  ] as const) {
    it(`I4 refuses an issuer of ${name}, in tokens and in metadata (I8)`, async () => {
      await refuses(world(), b2cToken({ iss }), 'issuer_mismatch');
      const made = world();
      made.authority.metadata = { issuer: iss };
      await refuses(made, b2cToken(), 'keys_unavailable');
    });
  }

  it('I5 does without tid, and holds it to the tenant where it is there', async () => {
    await accepts(world(), b2cToken({ tid: TENANT }));
    await refuses(world(), b2cToken({ tid: OTHER_TENANT }), 'tenant_mismatch');
    await refuses(world(), b2cToken({ tid: null }), 'tenant_mismatch');
  });

  it('C2 takes the subject for the object id where there is none, if it is one', async () => {
    const caller = await accepts(world(), mint({ base: without(B2C_CLAIMS, 'oid') }));
    assert.equal(caller.objectId, OBJECT_ID);
    const pseudonym = { oid: undefined, sub: 'Not supported currently. Use oid claim.' };
    await refuses(world(), b2cToken(pseudonym), 'object_id_missing');
    await accepts(world(), b2cToken({ ...pseudonym, oid: OBJECT_ID }));
    await refuses(world(), b2cToken({ oid: 'x' }), 'object_id_missing');
  });

  it('C4 wants the client that id tokens lack, and reads it where B2C writes it', async () => {
    await refuses(world(), b2cToken({ azp: undefined }), 'client_id_missing');
    await refuses(world(), b2cToken({ azp: undefined, appid: CLIENT_ID }), 'client_id_missing');
  });

  it('C7 accepts a nonce, which B2C copies into access tokens, and no other mark of an id token', async () => {
    await accepts(world(), b2cToken({ nonce: 'n' }));
    for (const mark of ['at_hash', 'c_hash', 's_hash']) {
      await refuses(world(), b2cToken({ [mark]: 'x' }), 'id_token');
    }
  });

  it('C6 accepts users only: nothing tells an application from a user without scopes', async () => {
    for (const scp of [undefined, '', '/']) {
      await refuses(world(), b2cToken({ scp }), 'kind_not_inferable');
    }
    await refuses(world(), b2cToken({ scp: undefined, idtyp: 'app' }), 'kind_not_inferable');
    await accepts(world(), b2cToken({ idtyp: 'user' }));
  });

  it('A3 wants the client id as audience', async () => {
    await refuses(world(), b2cToken({ aud: OTHER_TENANT }), 'audience_mismatch');
    await refuses(world(), b2cToken({ aud: `https://contoso/${CLIENT_ID}` }), 'audience_mismatch');
  });

  it('I2 wants the version that B2C writes', async () => {
    await refuses(world(), b2cToken({ ver: '2.0' }), 'version_not_accepted');
    await refuses(world(), b2cToken({ ver: 1 }), 'version_not_accepted');
  });

  it('S5b refuses a second spelling of the policy', async () => {
    await refuses(world(), b2cToken({ TFP: 'B2C_1_SignIn' }), 'ambiguous_member');
    await refuses(world(), b2cToken({ ACR: '1', acr: 'B2C_1_SignIn' }), 'ambiguous_member');
    await refuses(world(), b2cToken({ TID: TENANT, Tid: TENANT }), 'ambiguous_member');
    await accepts(world(), b2cToken({ TID: TENANT }));
  });

  it('I9 is refused by other settings, and refuses tokens of other products', async () => {
    for (const changes of [{}, CIAM, { tokenVersions: ['1.0'] } as const]) {
      const made = tokenWorld(changes);
      const reason = 'tokenVersions' in changes ? 'issuer_mismatch' : 'version_not_accepted';
      await refuses(made, b2cToken(), reason);
    }
    await refuses(world(), mint({ base: USER_CLAIMS }), 'version_not_accepted');
  });

  it('explains what is wrong in its own terms', () => {
    const options = { ...OPTIONS, ...B2C, clock: fakeClock() };
    const ask = (claims: Claims) => explainRejection(b2cToken(claims), options);
    assert.equal(ask({}).facts?.issuer, 'an accepted tenant');
    assert.equal(ask({}).verdict, 'unverified');
    const refused = ask({ tfp: 'B2C_1_Other' });
    assert.equal(refused.reason, 'policy_not_listed');
    const broken = refused.findings.find(({ outcome }) => outcome === 'fail');
    assert.match(broken?.advice ?? '', /add the policy to authority.policies/);
    assert.equal(ask({ iss: issuerOf(TENANT) }).facts?.issuer, 'another authority');
  });

  const listed = { b2c: 'contoso', policies: ['B2C_1_SignIn'] };
  for (const [rule, changes, message] of [
    ['I6', { tenantId: { allowedTenants: [TENANT] } }, /one tenant of Azure AD B2C/],
    ['I2', { tokenVersions: ['1.0'] }, /tokenVersions is given, but tokens of Azure AD B2C/],
    ['A4', { v1Audiences: ['api://x'] }, /v1Audiences is given, but tokens of Azure AD B2C/],
    ['C6c', { requireIdtyp: true }, /requireIdtyp is given/],
    ['C5', { requireCertificateClient: true }, /requireCertificateClient is given/],
    ['K7', { useAppSpecificKeys: true }, /useAppSpecificKeys is given/],
    ['I9', { authority: { b2c: 'contoso' } }, /authority.policies must be an array of 1 to 20/],
    ['I9', { authority: { ...listed, policies: [] } }, /array of 1 to 20 policy names/],
    [
      'I9',
      { authority: { ...listed, policies: Array(21).fill('B2C_1_x') } },
      /array of 1 to 20 policy names/,
    ],
    ['I9', { authority: { ...listed, policies: ['SignIn'] } }, /policies\[0\] must be a policy/],
    [
      'I9',
      { authority: { ...listed, policies: ['B2C_1_a', 'B2C_1_a/../x'] } },
      /policies\[1\] must be a policy name/,
    ],
    ['I9', { authority: { ...listed, policies: [7] } }, /policies\[0\] must be a policy name/],
    ['I9', { authority: { ...listed, policies: [['B2C_1_a']] } }, /policies\[0\] must be/],
    ['I9', { authority: { ...listed, policy: 'x' } }, /unknown option "policy"/],
    ['I8', { authority: { ...listed, b2c: 'Contoso' } }, /"contoso" where the tenant is at/],
  ] as const) {
    it(`${rule} cannot be configured with ${JSON.stringify(changes).slice(0, 90)}`, () => {
      assert.throws(() => create({ ...B2C, ...changes }), { message });
    });
  }

  it('is accepted with the same settings switched off, and with twenty policies', () => {
    const policies = Array.from({ length: 20 }, (_, i) => `B2C_1A_flow-${i}`);
    create({
      authority: { b2c: 'contoso', policies },
      requireIdtyp: false,
      requireCertificateClient: false,
      useAppSpecificKeys: false,
    });
  });

  it('is no authority for acquiring tokens', () => {
    assert.throws(() => resolveAuthority('authority', listed as never), {
      message: /for validating tokens of people who signed in/,
    });
  });
});
