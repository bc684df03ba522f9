import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ForeignClient, foreignClient } from './foreign-clients.ts';
import { type ForeignWorld, SECRET, startForeignWorld } from './foreign-world.ts';

let world: ForeignWorld;
before(async () => {
  world = await startForeignWorld();
});
after(() => world[Symbol.asyncDispose]());

/** The client's own Node, running the program that plugs its credentials in. */
function plugged(name: string): ForeignClient {
  const client = foreignClient(name);
  const command = [...client.command.slice(0, -1), resolve('test/peers/foreign-credentials.mjs')];
  return { ...client, command };
}

/** What came of the calls: whom the server saw in each answer, or the status. */
interface Called {
  readonly callers?: Readonly<Record<string, readonly string[]>>;
  readonly status?: string;
  readonly message?: string;
}

async function call(name: string, task: string): Promise<Called> {
  world.emulator.requests.clear();
  const results = await world.run(plugged(name), [task], { servers: world.servers });
  return (results as Readonly<Record<string, Called>>)[task] ?? {};
}

const requested = (): number =>
  world.emulator.requests.count(
    ({ endpoint }) => endpoint === 'token' || endpoint === 'managed-identity',
  );

const cases = [
  ['@azure/identity', 'ClientSecretCredential', 'secret'],
  ['@azure/identity', 'ClientCertificateCredential', 'certificate'],
  ['@azure/identity', 'ClientAssertionCredential', 'federated'],
  ['@azure/identity', 'WorkloadIdentityCredential', 'federated'],
  ['@azure/identity', 'ManagedIdentityCredential', 'machine'],
  ['@azure/identity', 'EnvironmentCredential', 'secret'],
  ['@azure/identity', 'ChainedTokenCredential', 'secret'],
  ['@azure/identity', 'OnBehalfOfCredential', 'middle'],
  ['@azure/msal-node', 'around msal-node, secret', 'secret'],
  ['@azure/msal-node', 'around msal-node, certificate', 'certificate'],
] as const;

describe('credentials of others plug into a channel', () => {
  for (const [name, task, app] of cases) {
    it(`${task}: all kinds of calls, for which one token is asked`, async () => {
      const { callers, message } = await call(name, task);
      const { emulator } = world;
      const { clientId } = app === 'machine' ? emulator.managedIdentity(app) : emulator.app(app);
      const times = (count: number): readonly string[] => Array(count).fill(clientId);
      assert.deepEqual(
        callers,
        {
          getOrder: times(20),
          listOrders: times(3),
          uploadOrders: times(2),
          quoteOrder: times(2),
        },
        message,
      );
      assert.equal(requested(), 1);
    });
  }

  const names = [
    ['@azure/identity', 'ClientSecretCredential'],
    ['@azure/msal-node', 'around msal-node'],
  ] as const;
  for (const [name, credential] of names) {
    it(`C19 ${credential} with a wrong secret: UNAUTHENTICATED, with the authority's number and a hint`, async () => {
      const { status, message } = await call(name, `${credential}, wrong secret`);
      assert.equal(status, 'UNAUTHENTICATED', message);
      assert.match(message ?? '', /HTTP 401, AADSTS7000215, trace [0-9a-f-]{36}.*Secret ID/);
      assert.ok(!message?.includes(SECRET));
      assert.equal(requested(), 1);
    });

    it(`C19 ${credential} in an outage: UNAVAILABLE`, async () => {
      using _fault = world.emulator.inject({ kind: 'unavailable' }, { times: 'all' });
      const { status, message } = await call(name, `${credential}, outage`);
      assert.equal(status, 'UNAVAILABLE', message);
    });
  }
});
