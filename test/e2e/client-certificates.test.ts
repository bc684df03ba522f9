import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createChannel, createClient, type SecureChannel, ServiceError } from 'grpc-entra/client';
import {
  type AuditEvent,
  allow,
  createServer,
  type Server,
  type ServerTlsOptions,
  service,
} from 'grpc-entra/server';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import type { IssuedCertificate } from '../support/certificates.ts';
import { ordersOf } from '../support/orders.ts';
import { replaceFile, type TestPki, testPki } from '../support/pki.ts';
import { type Queue, queue } from '../support/queue.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
let pki: TestPki;
let serverCertificate: IssuedCertificate;
let known: IssuedCertificate;
let doomed: IssuedCertificate;
before(async () => {
  pki = await testPki(dir);
  [serverCertificate, known, doomed] = await Promise.all([
    pki.issue('server'),
    pki.issue('client'),
    pki.issue('client'),
  ]);
  writeFileSync(dir.file('server.pem'), pki.chainOf(serverCertificate));
  writeFileSync(dir.file('ca.pem'), pki.ca);
});
after(() => dir[Symbol.dispose]());

interface Running extends AsyncDisposable {
  readonly server: Server;
  readonly events: Queue<AuditEvent>;
  /** Calls a public method with a client certificate, or without. */
  call(channel: SecureChannel): Promise<unknown>;
  channel(certificate?: IssuedCertificate): SecureChannel;
}

/** A server whose only method that answers is public, so that nothing but the certificate decides. */
async function start(tls: Partial<ServerTlsOptions>): Promise<Running> {
  const events = queue<AuditEvent>();
  const server = await createServer({
    entra: {
      tenantId: '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11',
      clientId: '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13',
      authority: { emulator: 'https://127.0.0.1:1', ca: pki.ca },
    },
    tls: {
      certFile: dir.file('server.pem'),
      keyFile: serverCertificate.keyFile,
      clientCaFile: dir.file('ca.pem'),
      clientCertificates: 'required',
      reloadMs: 0,
      ...tls,
    } as ServerTlsOptions,
    services: [
      service(OrdersServiceDefinition, ordersOf(allow.public('test')), {
        getOrder: async () => ({}),
        async *listOrders() {},
        uploadOrders: async () => ({}),
        async *quoteOrder() {},
        approveOrder: async () => ({}),
        getCatalog: async () => ({ currencyCodes: ['EUR'] }),
      }),
    ],
    audit: (event) => events.push(event),
  });
  const port = Number((await server.listen('127.0.0.1:0')).split(':').at(-1));
  const channels: SecureChannel[] = [];
  return {
    server,
    events,
    call: (channel) => createClient(OrdersServiceDefinition, channel).getCatalog({}),
    channel: (certificate) => {
      const identity =
        certificate === undefined
          ? {}
          : { cert: pki.chainOf(certificate), key: readFileSync(certificate.keyFile, 'utf8') };
      const channel = createChannel(`localhost:${port}`, {
        tls: { ca: pki.ca, ...identity },
        credential: 'none',
      });
      channels.push(channel);
      return channel;
    },
    [Symbol.asyncDispose]: async () => {
      for (const channel of channels) channel.close();
      await server.close({ graceMs: 0 });
    },
  };
}

const fails = (call: Promise<unknown>, status: string, text: RegExp): Promise<void> =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof ServiceError, String(error));
    assert.equal(error.status, status);
    assert.match(error.message, text);
    return true;
  });

describe('client certificates of a server', () => {
  it('are asked for, and a client without one is told so by its own library', async () => {
    await using running = await start({});
    await running.call(running.channel(known));
    assert.equal((await running.events.next()).event, 'call');
    await fails(running.call(running.channel()), 'UNAVAILABLE', /requires a client certificate/);
    const event = await running.events.next();
    assert.ok(event.event === 'handshake_failed');
    assert.equal(event.result, 'CERTIFICATE_VERIFICATION_FAILED');
  });

  it('are refused when revoked: new connections at once, live ones with the reload', async () => {
    const clientCrlFile = dir.file('clients.crl');
    replaceFile(clientCrlFile, await pki.crl());
    await using running = await start({ clientCrlFile } as Partial<ServerTlsOptions>);
    const [survivor, victim] = [running.channel(known), running.channel(doomed)];
    await running.call(survivor);
    await running.call(victim);
    await running.events.next();
    await running.events.next();

    replaceFile(clientCrlFile, await pki.crl([doomed]));
    assert.equal(running.server.reloadTls(), 'reloaded');
    // The live connection is gone, and a new one does not come about.
    await fails(running.call(victim), 'UNAVAILABLE', /./);
    await fails(running.call(victim), 'UNAVAILABLE', /probably refused the client certificate/);
    const event = await running.events.next();
    assert.ok(event.event === 'handshake_failed');
    assert.equal(event.result, 'CERTIFICATE_REVOKED');
    await running.call(survivor);
  });

  for (const clientCertificates of ['optional', 'required'] as const) {
    it(`are explained on request when ${clientCertificates}: UNAUTHENTICATED, and no handler runs`, async () => {
      const clientCrl = await pki.crl([doomed]).catch(() => pki.crl());
      await using running = await start({
        clientCertificates,
        clientCrl,
        explainRefusals: true,
      } as Partial<ServerTlsOptions>);
      await fails(
        running.call(running.channel(doomed)),
        'UNAUTHENTICATED',
        /client certificate refused: the client certificate is revoked/,
      );
      const [failed, refused] = [await running.events.next(), await running.events.next()];
      assert.ok(failed.event === 'handshake_failed');
      assert.equal(failed.result, 'CERTIFICATE_REVOKED');
      assert.ok(refused.event === 'call');
      assert.equal(refused.gate, 'refused');
      assert.equal(refused.reason, 'client_certificate_refused');
      assert.equal(refused.code, 'ERR_CLIENT_CERTIFICATE');

      const bare = running.call(running.channel());
      if (clientCertificates === 'optional') await bare;
      else await fails(bare, 'UNAUTHENTICATED', /sent no client certificate/);
      await running.call(running.channel(known));
    });
  }
});
