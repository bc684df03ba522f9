import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { createChannel, createClient, type SecureChannel } from 'grpc-entra/client';
import { allow, createServer, type Server, service } from 'grpc-entra/server';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import type { IssuedCertificate } from '../support/certificates.ts';
import { ordersOf } from '../support/orders.ts';
import { replaceFile, type TestPki, testPki } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROTATIONS = 10;
const dir = tempDir();
const files = {
  cert: dir.file('server.pem'),
  key: dir.file('server.key'),
  ca: dir.file('ca.pem'),
  crl: dir.file('clients.crl'),
  clientCert: dir.file('client.pem'),
  clientKey: dir.file('client.key'),
};

let pki: TestPki;
let other: TestPki;
let server: Server;
let port = 0;
const revoked: IssuedCertificate[] = [];
const channels: SecureChannel[] = [];

async function putServerCertificate(): Promise<string> {
  const certificate = await pki.issue('server');
  replaceFile(files.key, readFileSync(certificate.keyFile, 'utf8'));
  replaceFile(files.cert, pki.chainOf(certificate));
  return certificate.cert;
}

async function putClientCertificate(): Promise<void> {
  const certificate = await pki.issue('client');
  replaceFile(files.clientKey, readFileSync(certificate.keyFile, 'utf8'));
  replaceFile(files.clientCert, pki.chainOf(certificate));
}

function open(): SecureChannel {
  const channel = createChannel(`localhost:${port}`, {
    tls: {
      caFile: files.ca,
      certFile: files.clientCert,
      keyFile: files.clientKey,
      reloadMs: 0,
    },
    credential: 'none',
  });
  channels.push(channel);
  return channel;
}

const call = (channel: SecureChannel) =>
  createClient(OrdersServiceDefinition, channel).getCatalog({});

before(async () => {
  [pki, other] = [await testPki(dir), await testPki(dir)];
  await putServerCertificate();
  await putClientCertificate();
  writeFileSync(files.ca, pki.ca);
  writeFileSync(files.crl, await pki.crl());
  server = await createServer({
    entra: {
      tenantId: '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11',
      clientId: '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13',
      authority: { emulator: 'https://127.0.0.1:1', ca: pki.ca },
    },
    tls: {
      certFile: files.cert,
      keyFile: files.key,
      clientCertificates: 'required',
      clientCaFile: files.ca,
      clientCrlFile: files.crl,
      reloadMs: 0,
    },
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
    audit: () => {},
  });
  port = Number((await server.listen('127.0.0.1:0')).split(':').at(-1));
});
after(async () => {
  for (const channel of channels) channel.close();
  await server.close({ graceMs: 0 });
  dir[Symbol.dispose]();
});

/** The certificate a new connection is shown, PEM. */
function presented(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: readFileSync(files.ca),
      cert: readFileSync(files.clientCert),
      key: readFileSync(files.clientKey),
      ALPNProtocols: ['h2'],
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    });
  });
}

/** Makes one file bad, has everybody read it, and puts it back. */
function spoil(file: string, text: string): void {
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, text, { mode: 0o600 });
  try {
    assert.throws(() => server.reloadTls(), { code: 'ERR_CERTIFICATE_INVALID' });
  } finally {
    replaceFile(file, good);
  }
}

describe('rotation under load', () => {
  it('fails no call while everything is renewed ten times, bad files included', async () => {
    const steady = Array.from({ length: 4 }, open);
    let running = true;
    let calls = 0;
    const load = steady.map(async (channel) => {
      while (running) {
        await call(channel);
        calls += 1;
      }
    });
    try {
      for (let round = 0; round < ROTATIONS; round++) {
        const current = await putServerCertificate();
        await putClientCertificate();
        const victim = await pki.issue('client');
        revoked.push(victim);
        replaceFile(files.crl, (await pki.crl([victim])) + (await other.crl()));
        replaceFile(files.ca, round % 2 === 0 ? pki.ca + other.ca : pki.ca);
        server.reloadTls();

        const half = readFileSync(files.cert, 'utf8').slice(0, 300);
        spoil(files.cert, half);
        spoil(files.key, '');
        spoil(files.crl, 'garbage');
        spoil(files.ca, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');

        for (const channel of steady) channel.reloadTls();
        const fresh = open();
        await call(fresh);
        assert.equal((await presented()).trim(), current.trim());
      }
    } finally {
      running = false;
    }
    // Rejects if any call failed.
    await Promise.all(load);
    assert.ok(calls > ROTATIONS * steady.length, `${calls} calls`);
  });

  it('and a client revoked on the way is refused', async () => {
    const victim = revoked[0];
    assert.ok(victim !== undefined);
    replaceFile(files.clientKey, readFileSync(victim.keyFile, 'utf8'));
    replaceFile(files.clientCert, pki.chainOf(victim));
    await assert.rejects(call(open()), { status: 'UNAVAILABLE' });
  });
});
