import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createChannel, createClient } from 'grpc-entra/client';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { createServer, type Server, type ServerOptions, service } from 'grpc-entra/server';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { allow } from '#src/authorize/allow.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLogger } from '#src/core/log.ts';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { ask } from '../support/https.ts';
import { ordersOf } from '../support/orders.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
let token: string;
let entra: ServerOptions['entra'];
let tls: ServerOptions['tls'];
let ca: string;

/** A server whose authority existed once and is gone. */
function orphan(changes: Pick<ServerOptions, 'entra' | 'logger'>): Promise<Server> {
  return createServer({
    ...changes,
    tls,
    services: [
      service(OrdersServiceDefinition, ordersOf(allow.app({ anyRole: ['Orders.Read'] })), {
        getOrder: async () => ({}),
        async *listOrders() {},
        uploadOrders: async () => ({}),
        async *quoteOrder() {},
        approveOrder: async () => ({}),
        getCatalog: async (_request, { caller }) => ({ currencyCodes: [caller?.kind ?? ''] }),
      }),
    ],
  });
}

before(async () => {
  const [files, emulator] = await Promise.all([
    createDevelopmentCertificates({ directory: dir.path }),
    startEntraEmulator({
      apis: [{ name: 'orders', identifierUris: ['api://orders'], appRoles: ['Orders.Read'] }],
      apps: [{ name: 'desk', appRoles: { 'api://orders': ['Orders.Read'] } }],
    }),
  ]);
  token = await emulator.issueToken({
    kind: 'app',
    api: 'orders',
    app: 'desk',
    roles: ['Orders.Read'],
  });
  const keysUrl = `${emulator.origin}/${emulator.tenantId}/discovery/v2.0/keys`;
  const { keys } = JSON.parse((await ask(emulator.ca, keysUrl)).body.toString()) as {
    readonly keys: unknown;
  };
  writeFileSync(dir.file('keys.json'), JSON.stringify({ keys, asOf: new Date().toISOString() }));
  entra = {
    tenantId: emulator.tenantId,
    clientId: emulator.api('orders').clientId,
    authority: emulator.authority,
  };
  tls = {
    certFile: files.serverCertFile,
    keyFile: files.serverKeyFile,
    clientCertificates: 'none',
  };
  ca = readFileSync(files.caFile, 'utf8');
  await emulator.close();
});
after(() => dir[Symbol.dispose]());

async function callWith(server: Server): Promise<unknown> {
  const address = await server.listen('127.0.0.1:0');
  const channel = createChannel(`localhost:${address.split(':').at(-1)}`, {
    tls: { ca },
    credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    scope: 'api://orders/.default',
  });
  try {
    return await createClient(OrdersServiceDefinition, channel).getCatalog({});
  } finally {
    channel.close();
  }
}

describe('a server that starts while the authority is down', () => {
  it('serves with keys from a file, and need not fail fast', async () => {
    const keys = { initialKeysFile: dir.file('keys.json'), failFast: true };
    await using server = await orphan({ entra: { ...entra, keys } });
    assert.deepEqual(await callWith(server), { currencyCodes: ['app'] });
  });

  it('answers UNAVAILABLE without keys', async () => {
    await using server = await orphan({ entra });
    await assert.rejects(callWith(server), { status: 'UNAVAILABLE' });
  });

  it('does not listen where it must have keys (failFast)', async () => {
    let lateMs = 0;
    // Ten seconds pass at the first failure, so that the test does not wait for them.
    const logger = {
      ...silentLogger,
      error: () => {
        lateMs = 10_000;
      },
    };
    const clock = {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic() + lateMs,
    };
    const keys = { failFast: true };
    await using server = await orphan({ entra: { ...entra, keys, clock }, logger });
    await assert.rejects(server.listen('127.0.0.1:0'), { code: 'ERR_KEYS_UNAVAILABLE' });
    assert.equal(lateMs, 10_000);
  });
});
