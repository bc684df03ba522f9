import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, type MintOptions, startEntraEmulator } from 'grpc-entra/emulator';
import { askToken, claimsOf, type Fields, issuedClaims, outcome } from '../support/emulated.ts';
import { json } from '../support/https.ts';

const OTHER_TENANT = '5d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [
      { name: 'orders', identifierUris: ['api://orders'], scopes: ['Orders.Read'] },
      {
        name: 'stock',
        identifierUris: ['api://stock'],
        scopes: ['Stock.Read', 'Stock.Reserve'],
        appRoles: ['Auditor'],
        accessTokenVersion: 1,
      },
      { name: 'ledger', identifierUris: ['api://ledger'], scopes: ['Ledger.Read'] },
    ],
    apps: [
      {
        name: 'orders',
        api: 'orders',
        delegatedScopes: { 'api://stock': ['Stock.Read', 'Stock.Reserve'] },
      },
      { name: 'portal', delegatedScopes: { 'api://orders': ['Orders.Read'] } },
    ],
    users: [
      { name: 'Ada Lovelace', appRoles: { 'api://stock': ['Auditor'] }, groups: ['g1', 'g2'] },
    ],
  });
});
after(() => emulator.close());

const incoming = (changes: Partial<MintOptions> = {}): Promise<string> =>
  emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal', ...changes } as MintOptions);

async function ask(changes: Fields = {}, token?: Partial<MintOptions>) {
  const { clientId, clientSecret } = emulator.app('orders');
  return askToken(emulator, {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    assertion: await incoming(token),
    requested_token_use: 'on_behalf_of',
    scope: 'api://stock/.default',
    ...changes,
  });
}

describe('on-behalf-of', () => {
  it('passes the user on to the next API, in its format', async () => {
    const response = await ask();
    const claims = issuedClaims(response);
    const before = claimsOf(await incoming());
    assert.equal(claims['oid'], emulator.user('Ada Lovelace').objectId);
    assert.equal(claims['oid'], before['oid']);
    assert.notEqual(claims['sub'], before['sub']);
    assert.equal(claims['appid'], emulator.app('orders').clientId);
    assert.equal(claims['aud'], 'api://stock');
    assert.equal(claims['ver'], '1.0');
    assert.equal(claims['scp'], 'Stock.Read Stock.Reserve');
    assert.equal(claims['upn'], 'ada.lovelace@emulated.example');
    assert.deepEqual(claims['roles'], ['Auditor']);
    assert.deepEqual(claims['groups'], ['g1', 'g2']);
    assert.equal(json(response)['scope'], 'api://stock/Stock.Read api://stock/Stock.Reserve');
    assert.ok(!('id_token' in json(response)) && !('refresh_token' in json(response)));
  });

  it('T5 takes the scopes of OpenID Connect beside the others', async () => {
    const response = await ask({
      scope: 'api://stock/Stock.Read openid profile offline_access',
      client_info: '1',
    });
    const body = json(response);
    const idToken = claimsOf(String(body['id_token']));
    assert.equal(idToken['aud'], emulator.app('orders').clientId);
    assert.equal(idToken['oid'], emulator.user('Ada Lovelace').objectId);
    assert.deepEqual(JSON.parse(Buffer.from(String(body['client_info']), 'base64url').toString()), {
      uid: emulator.user('Ada Lovelace').objectId,
      utid: emulator.tenantId,
    });
  });

  const refusals: readonly (readonly [string, Fields, Partial<MintOptions>, number])[] = [
    ['no requested_token_use', { requested_token_use: undefined }, {}, 900144],
    ['no assertion', { assertion: undefined }, {}, 900144],
    ['text for an assertion', { assertion: 'text' }, {}, 50013],
    ['a forged assertion', {}, { signingKey: 'forged' }, 50013],
    ['an assertion under an unknown key', {}, { signingKey: 'unpublished' }, 50013],
    ['an unsigned assertion', {}, { header: { alg: 'none' } }, 50013],
    ['an assertion of another tenant', {}, { tenantId: OTHER_TENANT }, 50013],
    ['an expired assertion', {}, { issuedSecondsAgo: 7200 }, 500133],
    ['an assertion for another API', {}, { api: 'ledger', scopes: ['Ledger.Read'] }, 500131],
    ["an application's token", {}, { kind: 'app' }, 7000114],
    ['no credential', { client_secret: undefined }, {}, 7000218],
    ['a resource without consent', { scope: 'api://ledger/.default' }, {}, 65001],
    ['a permission the API lacks', { scope: 'api://stock/Stock.Sell' }, {}, 70011],
    ['two resources', { scope: 'api://stock/Stock.Read api://ledger/Ledger.Read' }, {}, 28000],
    ['.default beside names', { scope: 'api://stock/.default api://stock/Stock.Read' }, {}, 70011],
    ['no resource', { scope: 'openid' }, {}, 70011],
    ['an unknown resource', { scope: 'api://nothing/.default' }, {}, 500011],
  ];
  for (const [name, fields, token, code] of refusals) {
    it(`refuses ${name} as AADSTS${code}`, async () => {
      const response = await ask(fields, token);
      assert.equal(outcome(response), code);
      if (code === 65001) assert.equal(json(response)['suberror'], 'consent_required');
    });
  }
});
