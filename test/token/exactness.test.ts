import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BOTH_VERSIONS } from '../attacks/attack.ts';
import { accepts, refuses, tokenWorld } from '../support/token-world.ts';
import { API_ID, ISSUER, mint, testKey, V1_CLAIMS } from '../support/tokens.ts';

describe('what is compared exactly', () => {
  it('A2 an audience in an array is none, even alone', async () => {
    for (const aud of [[API_ID], [API_ID, API_ID], { 0: API_ID, length: 1 }, { aud: API_ID }]) {
      await refuses(tokenWorld(), mint({ claims: { aud } }), 'audience_mismatch');
    }
    await accepts(tokenWorld(), mint({ claims: { aud: API_ID } }));
  });

  it('A5 an App ID URI with and without a slash are two, and each is accepted where it is listed', async () => {
    const token = mint({ base: V1_CLAIMS, claims: { aud: 'api://orders/' } });
    await refuses(tokenWorld(BOTH_VERSIONS), token, 'audience_not_listed');
    const listed = { ...BOTH_VERSIONS, v1Audiences: ['api://orders/'] };
    await accepts(tokenWorld(listed), token);
    await refuses(tokenWorld(listed), mint({ base: V1_CLAIMS }), 'audience_not_listed');
  });

  it('A6 an App ID URI listed for v1.0 is no audience of a v2.0 token', async () => {
    const world = tokenWorld(BOTH_VERSIONS);
    await refuses(world, mint({ claims: { aud: 'api://orders' } }), 'audience_mismatch');
    await accepts(world, mint({ base: V1_CLAIMS, claims: { aud: 'api://orders' } }));
  });

  it('I10 an alias of the authority is no issuer', async () => {
    for (const host of ['login.windows.net', 'login.microsoft.com', 'sts.windows.net']) {
      const iss = ISSUER.replace('login.microsoftonline.com', host);
      await refuses(tokenWorld(), mint({ claims: { iss } }), 'issuer_mismatch');
    }
    await accepts(tokenWorld(), mint({ claims: { iss: ISSUER } }));
  });

  it('I9 an issuer of a B2C policy is none', async () => {
    const iss = ISSUER.replace('/v2.0', '/b2c_1_signin/v2.0/');
    await refuses(tokenWorld(), mint({ claims: { iss, tfp: 'b2c_1_signin' } }), 'issuer_mismatch');
  });
});

describe('key sets of two kinds', () => {
  it('K2c a symmetric key beside others is left out, and the others serve', async () => {
    const world = tokenWorld();
    const secret = { kty: 'oct', kid: 'symmetric', alg: 'RS256', k: 'c2VjcmV0' };
    world.authority.keys = [secret, testKey('published').jwk];
    await refuses(world, mint({ header: { kid: 'symmetric' } }), 'key_id_unknown');
    await accepts(world, mint());
    assert.equal(world.validator.state().keySets[0]?.keys, 1);
  });
});

describe('what is ignored', () => {
  it('C9 act grants nothing and shows nowhere', async () => {
    const act = { sub: 'somebody', roles: ['Admin'] };
    const caller = await accepts(tokenWorld(), mint({ claims: { act } }));
    assert.ok(!JSON.stringify(caller).includes('somebody'));
    assert.deepEqual(caller.roles, ['Orders.Read', 'Orders.Write']);
  });

  it('K6 certificates beside a published key are not looked at', async () => {
    const world = tokenWorld();
    world.authority.keys = [{ ...testKey('published').jwk, x5c: ['not a certificate'] }];
    await accepts(world, mint());
  });
});
