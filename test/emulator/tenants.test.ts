import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmulatorOptions, type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { askToken, issuedClaims, outcome, withSecret } from '../support/emulated.ts';
import { ask, json } from '../support/https.ts';

const OPTIONS: EmulatorOptions = {
  domains: ['contoso.example'],
  tenants: [{ name: 'fabrikam', domains: ['Fabrikam.example'] }],
  apis: [
    {
      name: 'orders',
      identifierUris: ['api://orders'],
      appRoles: ['Orders.Read'],
      tenants: ['fabrikam'],
    },
    { name: 'inner', identifierUris: ['api://inner'] },
    { name: 'strict', identifierUris: ['api://strict'], assignmentRequired: true },
  ],
  apps: [
    { name: 'desk', appRoles: { 'api://orders': ['Orders.Read'] }, tenants: ['fabrikam'] },
    { name: 'inner' },
    { name: 'off', disabled: true },
  ],
  users: [{ name: 'Ada' }, { name: 'Grace', tenant: 'fabrikam' }],
};

let emulator: EntraEmulator;
let fabrikam: string;
before(async () => {
  emulator = await startEntraEmulator(OPTIONS);
  fabrikam = emulator.tenant('fabrikam').tenantId;
});
after(() => emulator.close());

const ORDERS = 'api://orders/.default';
const at = async (path: string) => json(await ask(emulator.ca, `${emulator.origin}${path}`));
const token = (app: string, scope: string, tenant: string) =>
  askToken(emulator, withSecret(emulator, app, scope), { tenant });

describe('E3 several tenants', () => {
  it('issue tokens of their own for applications they consented to', async () => {
    const home = issuedClaims(await token('desk', ORDERS, emulator.tenantId));
    const response = await token('desk', ORDERS, fabrikam);
    const there = issuedClaims(response);
    assert.equal(there['tid'], fabrikam);
    assert.equal(there['iss'], `${emulator.origin}/${fabrikam}/v2.0`);
    assert.equal(there['azp'], home['azp']);
    assert.deepEqual(there['roles'], ['Orders.Read']);
    const keys = (await at(`/${fabrikam}/discovery/v2.0/keys`)) as unknown;
    await jwtVerify(
      String(json(response)['access_token']),
      createLocalJWKSet(keys as Parameters<typeof createLocalJWKSet>[0]),
    );
  });

  it('T10 give a client another object id each, always the same', async () => {
    const ids = async (at: EntraEmulator, tenant: string) => {
      const fields = withSecret(at, 'desk', ORDERS);
      const claims = issuedClaims(await askToken(at, fields, { tenant }));
      assert.equal(claims['sub'], claims['oid']);
      return claims['oid'];
    };
    const home = await ids(emulator, emulator.tenantId);
    assert.equal(await ids(emulator, emulator.tenantId), home);
    assert.notEqual(await ids(emulator, fabrikam), home);
    await using other = await startEntraEmulator(OPTIONS);
    assert.equal(await ids(other, other.tenantId), home);
  });

  it('refuse applications and resources they do not have', async () => {
    assert.equal(outcome(await token('inner', ORDERS, fabrikam)), 700016);
    assert.equal(outcome(await token('inner', ORDERS, emulator.tenantId)), 0);
    assert.equal(outcome(await token('desk', 'api://inner/.default', fabrikam)), 500011);
    assert.equal(outcome(await token('desk', 'api://inner/.default', emulator.tenantId)), 0);
  });

  it('are found by domain, in any letter case, and answer with their ids', async () => {
    assert.equal(issuedClaims(await token('desk', ORDERS, 'FABRIKAM.example'))['tid'], fabrikam);
    const metadata = await at('/contoso.example/v2.0/.well-known/openid-configuration');
    const base = `${emulator.origin}/${emulator.tenantId}`;
    assert.equal(metadata['issuer'], `${base}/v2.0`);
    assert.equal(metadata['token_endpoint'], `${base}/oauth2/v2.0/token`);
    assert.equal(outcome(await token('desk', ORDERS, 'other.example')), 90002);
  });

  it('refuse shared addresses for client credentials, each with its reason', async () => {
    const cases = [
      ['inner', 'common', 50194],
      ['inner', 'organizations', 50194],
      ['desk', 'organizations', 50059],
      ['desk', 'common', 9001023],
      ['desk', 'consumers', 9001023],
    ] as const;
    for (const [app, tenant, code] of cases) {
      assert.equal(outcome(await token(app, ORDERS, tenant)), code);
    }
  });

  it('publish templates of their issuer under shared addresses', async () => {
    const { origin } = emulator;
    for (const tenant of ['common', 'organizations']) {
      const metadata = await at(`/${tenant}/v2.0/.well-known/openid-configuration`);
      assert.equal(metadata['issuer'], `${origin}/{tenantid}/v2.0`);
      const [key] = (await at(`/${tenant}/discovery/v2.0/keys`))['keys'] as { issuer: string }[];
      assert.equal(key?.issuer, `${origin}/{tenantid}/v2.0`);
    }
    const consumers = await at('/consumers/v2.0/.well-known/openid-configuration');
    assert.match(String(consumers['issuer']), /\/9188040d-6c67-4c5b-b112-36a304b66dad\/v2\.0$/);
  });

  it('mint tokens of their own users', async () => {
    const options = { kind: 'user', api: 'orders', app: 'desk' } as const;
    const of = async (more: object) => {
      const minted = await emulator.issueToken({ ...options, ...more });
      return JSON.parse(Buffer.from(minted.split('.')[1] ?? '', 'base64url').toString()) as {
        oid: string;
        tid: string;
      };
    };
    assert.equal((await of({})).oid, emulator.user('Ada').objectId);
    assert.equal((await of({ tenantId: fabrikam })).oid, emulator.user('Grace').objectId);
    const stranger = '5d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90';
    assert.equal((await of({ tenantId: stranger })).tid, stranger);
    await assert.rejects(of({ user: 'Grace' }), { code: 'ERR_OPTION_INVALID' });
  });
});

describe('registrations that say no', () => {
  it('refuse a disabled application, and callers without a role where assignment is required', async () => {
    assert.equal(outcome(await token('off', ORDERS, emulator.tenantId)), 7000112);
    assert.equal(outcome(await token('desk', 'api://strict/.default', emulator.tenantId)), 501051);
  });
});

describe('instance discovery and the other addresses', () => {
  const discover = (endpoint: string) =>
    at(
      `/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`,
    );

  it('knows its own authority', async () => {
    const { origin } = emulator;
    const answer = await discover(`${origin}/${fabrikam}/oauth2/v2.0/authorize`);
    assert.equal(
      answer['tenant_discovery_endpoint'],
      `${origin}/${fabrikam}/v2.0/.well-known/openid-configuration`,
    );
  });

  it('knows no other', async () => {
    for (const endpoint of ['https://login.microsoftonline.com/common/', 'text', '']) {
      assert.deepEqual((await discover(endpoint))['error_codes'], [50049]);
    }
  });

  it('has a page for each error, and none for numbers it does not know', async () => {
    const page = async (code: string) =>
      String((await ask(emulator.ca, `${emulator.origin}/error?code=${code}`)).body);
    assert.match(await page('7000215'), /AADSTS7000215/);
    assert.ok(!(await page('<script>')).includes('script'));
  });

  it('answers the v1.0 token endpoint by resource, with numbers as text', async () => {
    const { scope: _scope, ...fields } = withSecret(emulator, 'desk', '');
    const body = json(
      await askToken(emulator, { ...fields, resource: 'api://orders' }, { path: '/oauth2/token' }),
    );
    assert.equal(body['expires_in'], '3599');
    assert.equal(body['resource'], 'api://orders');
    const missing = await askToken(emulator, fields, { path: '/oauth2/token' });
    assert.equal(outcome(missing), 900144);
  });

  it('says that there is no interactive sign-in', async () => {
    const answer = await at(`/${fabrikam}/oauth2/v2.0/authorize?client_id=x`);
    assert.equal(answer['error'], 'unsupported_response_type');
  });
});

describe('registrations that contradict each other', () => {
  const GUID = '5d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90';
  const bad: readonly (readonly [string, Partial<EmulatorOptions>])[] = [
    ['two apps of one name', { apps: [{ name: 'a' }, { name: 'a' }] }],
    [
      'two apps of one id',
      {
        apps: [
          { name: 'a', clientId: GUID },
          { name: 'b', clientId: GUID },
        ],
      },
    ],
    [
      'two apis of one URI',
      {
        apis: [
          { name: 'a', identifierUris: ['api://a'] },
          { name: 'b', identifierUris: ['api://a/'] },
        ],
      },
    ],
    ['an unknown tenant', { apps: [{ name: 'a', tenants: ['nowhere'] }] }],
    ['a tenant called home', { tenants: [{ name: 'home' }] }],
    ['a domain that is none', { domains: ['localhost'] }],
    ['an app of an unknown api', { apps: [{ name: 'a', api: 'nothing' }] }],
    [
      'an app of an api with an id of its own',
      { apps: [{ name: 'a', api: 'orders', clientId: GUID }] },
    ],
    [
      'a scope the api lacks',
      { apps: [{ name: 'a', delegatedScopes: { 'api://inner': ['None'] } }] },
    ],
    [
      'a user with an unknown role',
      { users: [{ name: 'a', appRoles: { 'api://inner': ['None'] } }] },
    ],
    ['apis that are no list', { apis: {} as never }],
  ];
  for (const [name, change] of bad) {
    it(`refuses ${name}`, async () => {
      const { apps: _apps, ...rest } = OPTIONS;
      await assert.rejects(startEntraEmulator({ ...rest, apps: [], ...change }), {
        code: 'ERR_OPTION_INVALID',
      });
    });
  }
});
