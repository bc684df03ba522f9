import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { claimsOf } from '../support/emulated.ts';

const RESOURCE = 'api://orders';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: [RESOURCE], appRoles: ['Orders.Read'] }],
    apps: [],
    managedIdentities: [
      { name: 'machine', systemAssigned: true },
      { name: 'desk', appRoles: { [RESOURCE]: ['Orders.Read'] } },
    ],
  });
});
after(() => emulator.close());

interface Reply {
  readonly status: number | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

async function get(
  url: string,
  query: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const outgoing = request(`${url}?${new URLSearchParams(query).toString()}`, { headers });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  return { status: incoming.statusCode, body: JSON.parse(text) as Reply['body'] };
}

type Values = Readonly<Record<string, string>>;

const appService = (query: Values = {}, headers: Values = {}): Promise<Reply> => {
  const env = emulator.managedIdentityEnvironment('app-service');
  return get(
    env['IDENTITY_ENDPOINT'] ?? '',
    { 'api-version': '2019-08-01', resource: RESOURCE, ...query },
    { 'x-identity-header': env['IDENTITY_HEADER'] ?? '', ...headers },
  );
};

const machine = (query: Values = {}, headers: Values = { metadata: 'true' }): Promise<Reply> => {
  const env = emulator.managedIdentityEnvironment('virtual-machine');
  return get(
    // With the trailing slash of msal-node.
    `${env['AZURE_POD_IDENTITY_AUTHORITY_HOST']}/metadata/identity/oauth2/token/`,
    { 'api-version': '2018-02-01', resource: RESOURCE, ...query },
    headers,
  );
};

describe('E9 the managed identity endpoints', () => {
  it('give App Service a token for a day', async () => {
    const { status, body } = await appService();
    assert.equal(status, 200);
    const claims = claimsOf(String(body['access_token']));
    const { clientId, objectId, resourceId } = emulator.managedIdentity('machine');
    assert.equal(claims['azp'], clientId);
    assert.equal(claims['oid'], objectId);
    assert.equal(claims['xms_mirid'], resourceId);
    assert.equal(claims['azpacr'], '2');
    assert.equal(String(claims['exp']), body['expires_on']);
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 86_700);
    assert.equal(body['resource'], RESOURCE);
  });

  it('give virtual machines a token, all numbers as text', async () => {
    const { status, body } = await machine();
    assert.equal(status, 200);
    for (const name of ['expires_in', 'ext_expires_in', 'expires_on', 'not_before']) {
      assert.match(String(body[name]), /^\d+$/);
      assert.equal(typeof body[name], 'string');
    }
  });

  it('choose the identity by client id, object id or resource id', async () => {
    const { clientId, objectId, resourceId } = emulator.managedIdentity('desk');
    const queries: readonly Values[] = [
      { client_id: clientId.toUpperCase() },
      { object_id: objectId },
      { msi_res_id: resourceId },
      { mi_res_id: resourceId },
    ];
    for (const query of queries) {
      for (const reply of [await appService(query), await machine(query)]) {
        const claims = claimsOf(String(reply.body['access_token']));
        assert.equal(claims['azp'], clientId);
        assert.deepEqual(claims['roles'], ['Orders.Read']);
      }
    }
  });

  it('refuse who is not on the machine, or asks for what there is not', async () => {
    const cases: readonly (readonly [Promise<Reply>, number])[] = [
      [appService({}, { 'x-identity-header': 'wrong' }), 401],
      [appService({ 'api-version': '2017-09-01' }), 400],
      [appService({ resource: '' }), 400],
      [appService({ resource: 'api://nothing' }), 400],
      [appService({ client_id: '5d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90' }), 400],
      [machine({}, {}), 400],
      [machine({}, { metadata: 'true', 'x-forwarded-for': '10.0.0.1' }), 400],
    ];
    for (const [reply, status] of cases) assert.equal((await reply).status, status);
  });

  it('serve nothing else without TLS', async () => {
    const env = emulator.managedIdentityEnvironment('virtual-machine');
    const base = String(env['AZURE_POD_IDENTITY_AUTHORITY_HOST']);
    const path = `${base}/${emulator.tenantId}/v2.0/.well-known/openid-configuration`;
    assert.equal((await get(path, {}, {})).status, 404);
  });

  it('keep the identity header out of the log, and can be faulty', async () => {
    emulator.requests.clear();
    using injection = emulator.inject(
      { kind: 'unavailable', body: 'json' },
      { on: 'managed-identity' },
    );
    assert.equal((await appService()).status, 503);
    assert.equal(injection.met, 1);
    const [recorded] = emulator.requests.all;
    assert.equal(recorded?.headers['x-identity-header'], '[redacted]');
    assert.equal(recorded.endpoint, 'managed-identity');
  });

  it('do not run when no identity is registered', async () => {
    await using own = await startEntraEmulator({ apis: [], apps: [] });
    assert.throws(() => own.managedIdentityEnvironment('app-service'), {
      code: 'ERR_OPTION_INVALID',
    });
  });

  it('allow one system-assigned identity', async () => {
    await assert.rejects(
      startEntraEmulator({
        apis: [],
        apps: [],
        managedIdentities: [
          { name: 'a', systemAssigned: true },
          { name: 'b', systemAssigned: true },
        ],
      }),
      { code: 'ERR_OPTION_INVALID' },
    );
  });
});
