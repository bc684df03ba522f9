import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { foreignClient, foreignClients } from './foreign-clients.ts';
import { type ForeignWorld, ORDERS, SECRET, startForeignWorld } from './foreign-world.ts';

let world: ForeignWorld;
before(async () => {
  world = await startForeignWorld();
});
after(() => world[Symbol.asyncDispose]());

/** Name of the application that a task authenticates as. */
function applicationOf(task: string): string {
  if (task.startsWith('certificate')) return 'certificate';
  if (task === 'assertion' || task === 'workloadIdentity') return 'federated';
  return task === 'onBehalfOf' ? 'middle' : 'secret';
}

function clientIdOf(task: string): string {
  const { emulator } = world;
  return task === 'managedIdentity'
    ? emulator.managedIdentity('machine').clientId
    : emulator.app(applicationOf(task)).clientId;
}

describe('E10 unmodified clients', () => {
  for (const { name } of foreignClients) {
    it(`${name} obtains tokens every way it can, without leaving loopback, and our server accepts them`, async () => {
      const client = foreignClient(name);
      const results = await world.run(client, client.tasks);
      for (const task of client.tasks) {
        const { token, message } = results[task] ?? {};
        assert.ok(token !== undefined, `${task}: ${message}`);
        // The second token of one application is for another API, where it may do nothing.
        const expected =
          task === 'certificateTwice'
            ? { status: 'PERMISSION_DENIED' }
            : { clientId: clientIdOf(task) };
        const isStock = task === 'onBehalfOf' || task === 'certificateTwice';
        assert.deepEqual(await world.present(isStock ? 'stock' : 'orders', token), expected, task);
      }
    });

    it(`${name} reports a wrong secret`, async () => {
      const { wrongSecret } = await world.run(foreignClient(name), ['wrongSecret']);
      assert.equal(wrongSecret?.token, undefined);
      assert.match(String(wrongSecret?.message), foreignClient(name).refusal);
    });
  }

  it('T2 msal-node sends one assertion twice, which is no replay here', async () => {
    const { requests } = world.emulator;
    requests.clear();
    await world.run(foreignClient('@azure/msal-node'), ['certificateTwice']);
    const ids = requests.all
      .filter(({ endpoint }) => endpoint === 'token')
      .map(({ clientAssertion }) => clientAssertion?.claims['jti']);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], undefined);
  });
});

describe('E8 the printed settings', () => {
  const cases = [
    ['msal-node', '@azure/msal-node', 'console.log(result.accessToken)'],
    ['azure-identity', '@azure/identity', 'console.log(token.token)'],
    ['python-msal', 'Python msal', 'print(result["access_token"])'],
  ] as const;
  for (const [printed, name, print] of cases) {
    it(`of ${name} obtain a token that our server accepts`, async () => {
      const settings = world.emulator.clientSettings(printed, {
        app: 'secret',
        api: 'orders',
        caFile: world.directory.file('emulator.pem'),
      });
      const env = { AZURE_CLIENT_SECRET: SECRET };
      const script = `${settings}\n${print}\n`;
      const token = await world.execute(foreignClient(name).interpreter, script, env);
      const { clientId } = world.emulator.app('secret');
      assert.deepEqual(await world.present('orders', token.trim()), { clientId });
    });
  }
});

describe('curl', () => {
  it('T11 sends a secret with special characters, in the body and as Basic', async () => {
    const { emulator } = world;
    const { clientId } = emulator.app('secret');
    const common = ['--silent', '--show-error', '--cacert', world.directory.file('emulator.pem')];
    const fields = (given: Readonly<Record<string, string>>): readonly string[] =>
      Object.entries(given).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
    const grant = { grant_type: 'client_credentials', scope: `${ORDERS}/.default` };
    const url = `${emulator.origin}/${emulator.tenantId}/oauth2/v2.0/token`;
    const credentials = [
      fields({ client_id: clientId, client_secret: SECRET }),
      ['--user', `${clientId}:${encodeURIComponent(SECRET)}`],
    ];
    for (const credential of credentials) {
      const command = ['curl', ...common, ...fields(grant), ...credential, url];
      const body = JSON.parse(await world.execute(command, '')) as { access_token?: string };
      const verdict = await world.present('orders', String(body.access_token));
      assert.deepEqual(verdict, { clientId });
    }
  });
});
