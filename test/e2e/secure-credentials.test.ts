import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Server } from '@grpc/grpc-js';
import { createChannel, createClient, type SecureChannel, ServiceError } from 'grpc-entra/client';
import { type EntraEmulator, type MintOptions, startEntraEmulator } from 'grpc-entra/emulator';
import {
  allow,
  type CallEvent,
  callerOf,
  rulesFromProto,
  type SecureCredentialsOptions,
  type SecureServerCredentials,
  secureCredentials,
} from 'grpc-entra/server';
import {
  GetCatalogResponse,
  GetOrderResponse,
  OrdersServiceDefinition,
  type OrdersServiceServer,
  OrdersServiceService,
  protoMetadata,
} from '#examples/orders/gen/orders/v1/orders.ts';
import { replaceFile, type TestPki, testPki } from '../support/pki.ts';
import { queue } from '../support/queue.ts';
import { tempDir } from '../support/temp-dir.ts';

const API = 'api://orders';
const dir = tempDir();
let pki: TestPki;
let emulator: EntraEmulator;
before(async () => {
  pki = await testPki(dir);
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: [API], appRoles: ['Orders.Read'] }],
    apps: [{ name: 'desk', appRoles: { [API]: ['Orders.Read'] } }],
  });
  const certificate = await pki.issue('server');
  writeFileSync(dir.file('server.pem'), pki.chainOf(certificate));
  replaceFile(dir.file('server.key'), readFileSync(certificate.keyFile, 'utf8'));
});
after(async () => {
  await emulator.close();
  dir[Symbol.dispose]();
});

function options(changes: Partial<SecureCredentialsOptions> = {}): SecureCredentialsOptions {
  return {
    entra: {
      tenantId: emulator.tenantId,
      clientId: emulator.api('orders').clientId,
      authority: emulator.authority,
    },
    tls: {
      certFile: dir.file('server.pem'),
      keyFile: dir.file('server.key'),
      clientCertificates: 'none',
      reloadMs: 0,
    },
    rules: rulesFromProto(protoMetadata),
    audit: () => {},
    ...changes,
  };
}

interface Hosted extends AsyncDisposable {
  readonly credentials: SecureServerCredentials;
  readonly entered: () => number;
  readonly calls: { next(): Promise<CallEvent> };
  channel(token?: string, identity?: object): SecureChannel;
}

/** A plain grpc-js server, as somebody has it already, with our credentials in place of its own. */
async function host(changes: Partial<SecureCredentialsOptions> = {}): Promise<Hosted> {
  const calls = queue<CallEvent>();
  const credentials = secureCredentials(
    options({
      audit: (event) => {
        if (event.event === 'call') calls.push(event);
      },
      ...changes,
    }),
  );
  await credentials.ready();
  let entered = 0;
  const server = new Server();
  const handlers: Partial<OrdersServiceServer> = {
    getOrder: (call, callback) => {
      entered += 1;
      const { clientId } = callerOf(call);
      callback(null, GetOrderResponse.fromPartial({ order: { orderId: clientId } }));
    },
    getCatalog: (_call, callback) => {
      entered += 1;
      callback(null, GetCatalogResponse.fromPartial({ currencyCodes: ['EUR'] }));
    },
    listOrders: (call) => {
      entered += 1;
      call.end();
    },
  };
  server.addService(OrdersServiceService, handlers as OrdersServiceServer);
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', credentials);
  const channels: SecureChannel[] = [];
  return {
    credentials,
    calls,
    entered: () => entered,
    channel: (token, identity = {}) => {
      const tls = { ca: pki.ca, ...identity };
      const getToken = async () => ({
        token: token ?? '',
        expiresOnTimestamp: Date.now() + 3_600_000,
      });
      const channel = createChannel(
        `localhost:${port}`,
        token === undefined
          ? { tls, credential: 'none' }
          : { tls, credential: { getToken }, scope: `${API}/.default` },
      );
      channels.push(channel);
      return channel;
    },
    [Symbol.asyncDispose]: async () => {
      for (const channel of channels) channel.close();
      server.forceShutdown();
      credentials.close();
    },
  };
}

const mint = (changes: Partial<MintOptions> = {}): Promise<string> =>
  emulator.issueToken({
    kind: 'app',
    api: 'orders',
    app: 'desk',
    roles: ['Orders.Read'],
    ...changes,
  });
const clientOf = (channel: SecureChannel) => createClient(OrdersServiceDefinition, channel);
const status = (call: Promise<unknown>, expected: string): Promise<void> =>
  assert.rejects(call, (error) => error instanceof ServiceError && error.status === expected);

describe('credentials for a host that owns its server', () => {
  it('admit whom the rule admits, and tell the handler who calls', async () => {
    await using hosted = await host();
    const client = clientOf(hosted.channel(await mint()));
    const { order } = await client.getOrder({ orderId: '1' });
    assert.equal(order?.orderId, emulator.app('desk').clientId);
    assert.equal((await hosted.calls.next()).gate, 'admitted');
    assert.deepEqual((await clientOf(hosted.channel()).getCatalog({})).currencyCodes, ['EUR']);
  });

  it('refuse in front of the handler: no token, a forged one, a missing role', async () => {
    await using hosted = await host();
    const forged = await mint({ signingKey: 'forged' });
    await status(clientOf(hosted.channel()).getOrder({}), 'UNAUTHENTICATED');
    await status(clientOf(hosted.channel(forged)).getOrder({}), 'UNAUTHENTICATED');
    const roleless = await mint({ roles: ['Other'] });
    await status(clientOf(hosted.channel(roleless)).getOrder({}), 'PERMISSION_DENIED');
    const stream = clientOf(hosted.channel()).listOrders({});
    await status(stream[Symbol.asyncIterator]().next(), 'UNAUTHENTICATED');
    assert.equal(hosted.entered(), 0);
  });

  it('deny a method that no rule names', async () => {
    const rules = { '/orders.v1.OrdersService/GetCatalog': allow.public('test') };
    await using hosted = await host({ rules });
    await clientOf(hosted.channel(await mint())).getCatalog({});
    await hosted.calls.next();
    await status(clientOf(hosted.channel(await mint())).getOrder({}), 'PERMISSION_DENIED');
    assert.equal((await hosted.calls.next()).reason, 'rule_missing');
    assert.equal(hosted.entered(), 1);
  });

  it('serve renewed certificates under the same policy', async () => {
    await using hosted = await host();
    await clientOf(hosted.channel()).getCatalog({});
    const next = await pki.issue('server');
    replaceFile(dir.file('server.key'), readFileSync(next.keyFile, 'utf8'));
    replaceFile(dir.file('server.pem'), pki.chainOf(next));
    assert.equal(hosted.credentials.reloadTls(), 'reloaded');
    await clientOf(hosted.channel()).getCatalog({});
    const before = readFileSync(dir.file('server.pem'), 'utf8');
    writeFileSync(dir.file('server.pem'), 'garbage');
    assert.throws(() => hosted.credentials.reloadTls(), { code: 'ERR_CERTIFICATE_INVALID' });
    await clientOf(hosted.channel()).getCatalog({});
    replaceFile(dir.file('server.pem'), before);
  });

  it('ask for client certificates of the given CA', async () => {
    const tls = {
      ...options().tls,
      clientCertificates: 'required',
      clientCa: pki.ca,
    } as SecureCredentialsOptions['tls'];
    await using hosted = await host({ tls });
    const certificate = await pki.issue('client');
    const identity = {
      cert: pki.chainOf(certificate),
      key: readFileSync(certificate.keyFile, 'utf8'),
    };
    await clientOf(hosted.channel(undefined, identity)).getCatalog({});
    await status(clientOf(hosted.channel()).getCatalog({}), 'UNAVAILABLE');
  });

  it('refuse what a host cannot do, and rules that contradict each other', () => {
    const tls = (changes: object) =>
      ({ ...options().tls, clientCa: pki.ca, ...changes }) as SecureCredentialsOptions['tls'];
    const make = (changes: Partial<SecureCredentialsOptions>) => () =>
      secureCredentials(options(changes)).close();
    assert.throws(
      make({ tls: tls({ clientCertificates: 'optional' }) }),
      /"optional" is not possible/,
    );
    assert.throws(
      make({ tls: tls({ clientCertificates: 'required', explainRefusals: true }) }),
      /explainRefusals needs our own listener/,
    );
    const method = '/orders.v1.OrdersService/GetOrder';
    const other = { [method]: allow.public('test') };
    assert.throws(make({ rules: [rulesFromProto(protoMetadata), other] }), /two rules that differ/);
    assert.throws(make({ rules: { GetOrder: allow.public('test') } }), /is no method/);
    assert.throws(make({ rules: { [method]: {} as never } }), /a rule such as/);
    assert.throws(make({ rules: [] }), /at least one source/);
    make({ rules: other })();
  });
});
