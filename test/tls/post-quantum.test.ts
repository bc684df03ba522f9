import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createChannel, createClient, type SecureChannel } from 'grpc-entra/client';
import { allow, createServer, type ServerTlsOptions, service } from 'grpc-entra/server';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { loadClientTls } from '#src/tls/client-tls.ts';
import { resolveTlsPolicy } from '#src/tls/settings.ts';
import { developmentCertificates } from '../support/certificates.ts';
import { ordersOf } from '../support/orders.ts';
import { queue } from '../support/queue.ts';

const certificates = developmentCertificates();
const hybrid = Number(process.versions.openssl.split('.')[1]) >= 5;

async function serve(tls: Partial<ServerTlsOptions>) {
  const events = queue<{ readonly result?: string; readonly reason?: string }>();
  const server = await createServer({
    entra: {
      tenantId: '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11',
      clientId: '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13',
      authority: {
        emulator: 'https://127.0.0.1:1',
        ca: readFileSync(certificates.files.caFile, 'utf8'),
      },
    },
    tls: {
      certFile: certificates.files.serverCertFile,
      keyFile: certificates.files.serverKeyFile,
      clientCertificates: 'none',
      ...tls,
    } as ServerTlsOptions,
    services: [
      service(OrdersServiceDefinition, ordersOf(allow.public('test')), {
        getOrder: async () => ({}),
        async *listOrders() {},
        uploadOrders: async () => ({}),
        async *quoteOrder() {},
        approveOrder: async () => ({}),
        getCatalog: async () => ({}),
      }),
    ],
    audit: (event) => events.push(event),
  });
  const port = Number((await server.listen('127.0.0.1:0')).split(':').at(-1));
  const channels: SecureChannel[] = [];
  return {
    port,
    events,
    call: (clientTls: object = {}) => {
      const channel = createChannel(`localhost:${port}`, {
        tls: { caFile: certificates.files.caFile, ...clientTls },
        credential: 'none',
      });
      channels.push(channel);
      return createClient(OrdersServiceDefinition, channel).getCatalog({});
    },
    [Symbol.asyncDispose]: async () => {
      for (const channel of channels) channel.close();
      await server.close({ graceMs: 0 });
    },
  };
}

/** The group a handshake with our own policy settles on. */
function negotiatedGroup(port: number): Promise<string> {
  const { secureContext } = loadClientTls('tls', { caFile: certificates.files.caFile });
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ALPNProtocols: ['h2'],
      secureContext,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const info = socket.getEphemeralKeyInfo() as { readonly name?: string };
      resolve(String(info.name));
      socket.destroy();
    });
  });
}

describe('post-quantum key exchange', () => {
  if (hybrid) {
    it('is what two peers of this Node agree on by themselves', async () => {
      await using server = await serve({});
      await server.call();
      assert.equal(await negotiatedGroup(server.port), 'X25519MLKEM768');
    });

    it('is insisted on by "pq-only", which refuses others with the reason', async () => {
      await using server = await serve({ profile: 'pq-only' });
      await server.call({ profile: 'pq-only' });
      await server.call();
      await server.events.next();
      await server.events.next();
      await assert.rejects(server.call({ groups: ['X25519'] }), { status: 'UNAVAILABLE' });
      const event = await server.events.next();
      assert.equal(event.result, 'KEY_EXCHANGE_FAILURE');
      assert.match(event.reason ?? '', /no group of this policy/);
    });
  } else {
    it('is left out where this Node has none, and "pq-only" is refused with what to do', () => {
      assert.deepEqual(resolveTlsPolicy('tls', {}).groups, ['X25519', 'P-256', 'P-384']);
      assert.throws(
        () => resolveTlsPolicy('tls', { profile: 'pq-only' }),
        /needs OpenSSL 3\.5.*use Node 24/,
      );
    });
  }
});
