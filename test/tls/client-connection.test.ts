import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { ConfigError } from '#src/core/errors.ts';
import { type ClientTlsOptions, loadClientTls } from '#src/tls/client-tls.ts';
import { TlsConnectionError } from '#src/tls/connection-failure.ts';
import { hostOf } from '#src/tls/credentials.ts';
import type { HandshakeResult } from '#src/tls/handshake-failure.ts';
import { secureConnection } from '#src/tls/secure-connector.ts';
import { type IssuedCertificate, issueCertificate, issueCrl } from '../support/certificates.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
after(() => dir[Symbol.dispose]());

let good: IssuedCertificate;
let stranger: IssuedCertificate;
let client: IssuedCertificate;
before(async () => {
  const forClients = { extensions: { extendedKeyUsage: 'clientAuth' } };
  [good, stranger, client] = await Promise.all([
    issueCertificate(dir),
    issueCertificate(dir),
    issueCertificate(dir, forClients),
  ]);
});

/** A server that greets whoever it accepts, as HTTP/2 servers do with their settings. */
async function serve(options: TlsOptions, certificate = good): Promise<Server & AsyncDisposable> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    {
      cert: certificate.cert,
      key: readFileSync(certificate.keyFile),
      ALPNProtocols: ['h2'],
      ...options,
    },
    (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.write('settings');
    },
  );
  return listening(server, () => {
    for (const socket of sockets) socket.destroy();
  });
}

async function listening(server: Server, cut: () => void): Promise<Server & AsyncDisposable> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, {
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  });
}

/** Connects as a channel would. */
async function dial(
  server: Server,
  options: Partial<ClientTlsOptions> = {},
  host = 'localhost',
): Promise<TLSSocket> {
  const tls = loadClientTls('tls', {
    ca: readFileSync(good.caFile, 'utf8'),
    ...options,
  } as ClientTlsOptions);
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return secureConnection(socket, host, tls);
}

async function fails(
  connection: Promise<TLSSocket>,
  result: HandshakeResult,
  text: RegExp,
): Promise<void> {
  await assert.rejects(connection, (error) => {
    assert.ok(error instanceof TlsConnectionError, String(error));
    assert.match(error.message, text);
    assert.equal(error.result, result);
    return true;
  });
}

async function succeeds(connection: Promise<TLSSocket>): Promise<void> {
  const socket = await connection;
  assert.equal(socket.read()?.toString(), 'settings', 'what arrived early is not lost');
  assert.equal(socket.alpnProtocol, 'h2');
  socket.destroy();
}

const withClientCertificate = (): Partial<ClientTlsOptions> => ({
  certFile: client.certFile,
  keyFile: client.keyFile,
});
const spkiPin = ({ cert }: IssuedCertificate): string =>
  createHash('sha256')
    .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

describe('a connection of a client', () => {
  it('comes about with a trusted CA and the right name or address', async () => {
    await using server = await serve({});
    await succeeds(dial(server));
    await succeeds(dial(server, {}, '127.0.0.1'));
  });

  it('is refused when the CA is another, in words', async () => {
    await using server = await serve({}, stranger);
    await fails(dial(server), 'CERTIFICATE_AUTHORITY_INVALID', /CA|caFile/);
  });

  it('is refused when the name is another, with the names there are', async () => {
    await using server = await serve({});
    await fails(
      dial(server, {}, 'orders.internal'),
      'CERTIFICATE_HOSTNAME_MISMATCH',
      /not for "orders\.internal": DNS:localhost/,
    );
    await succeeds(dial(server, { serverName: 'localhost' }, 'orders.internal'));
  });

  it('is refused when the certificate has the host as its common name alone (RFC 9525 section 6.3)', async () => {
    for (const subjectAltName of [undefined, 'URI:spiffe://example.org/localhost']) {
      const nameless = await issueCertificate(dir, {
        subject: 'localhost',
        extensions: { subjectAltName },
      });
      await using server = await serve({}, nameless);
      await fails(
        dial(server, { ca: readFileSync(nameless.caFile, 'utf8') }),
        'CERTIFICATE_HOSTNAME_MISMATCH',
        /name/,
      );
    }
  });

  it('is refused with a pin of another key, and with the right pin under a wrong name', async () => {
    await using server = await serve({});
    await succeeds(dial(server, { pins: [spkiPin(stranger), spkiPin(good)] }));
    await fails(
      dial(server, { pins: [spkiPin(stranger)] }),
      'CERTIFICATE_VERIFICATION_FAILED',
      /not one of those pinned/,
    );
    await fails(
      dial(server, { pins: [spkiPin(good)] }, 'orders.internal'),
      'CERTIFICATE_HOSTNAME_MISMATCH',
      /not for/,
    );
  });

  it('is refused when the server certificate is revoked', async () => {
    await using server = await serve({});
    const crl = await issueCrl(good);
    await succeeds(dial(server, { crl }));
    const revoked = await issueCrl(good, { revoked: [good] });
    await fails(dial(server, { crl: revoked }), 'CERTIFICATE_REVOKED', /revoked/);
  });

  it('is refused when the server certificate has expired, or is not for servers', async () => {
    const old = await issueCertificate(dir, { days: [-30, -1] });
    await using expired = await serve({}, old);
    await fails(
      dial(expired, { ca: readFileSync(old.caFile, 'utf8') }),
      'CERTIFICATE_EXPIRED',
      /expired/,
    );
    await using forClients = await serve({}, client);
    await fails(
      dial(forClients, { ca: readFileSync(client.caFile, 'utf8') }),
      'CERTIFICATE_VERIFICATION_FAILED',
      /not for server use/,
    );
  });

  it('is refused without HTTP/2, which grpc-js would wait for until the deadline', async () => {
    await using server = await serve({ ALPNProtocols: undefined } as TlsOptions);
    await fails(dial(server), 'NO_APPLICATION_PROTOCOL', /does not agree to HTTP\/2/);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const asking = { requestCert: true, rejectUnauthorized: true, maxVersion };
    it(`is explained when ${maxVersion} asks for a client certificate`, async () => {
      const ca = readFileSync(client.caFile, 'utf8');
      await using server = await serve({ ...asking, ca });
      await succeeds(dial(server, withClientCertificate()));
      await fails(
        dial(server),
        maxVersion === 'TLSv1.3' ? 'CERTIFICATE_VERIFICATION_FAILED' : 'CIPHER_SUITE_MISMATCH',
        /requires a client certificate/,
      );
    });

    it(`is explained when ${maxVersion} refuses the client certificate`, async () => {
      await using server = await serve({ ...asking, ca: readFileSync(stranger.caFile) });
      await fails(
        dial(server, withClientCertificate()),
        'PEER_CONNECTION_CLOSED',
        /closed the connection/,
      );
    });
  }

  it('is refused where no version, suite or group is shared', async () => {
    await using old = await serve({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await fails(dial(old), 'PROTOCOL_VERSION_UNSUPPORTED', /no TLS version of this policy/);
    await using cbc = await serve({
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-AES128-SHA',
    });
    await fails(dial(cbc), 'CIPHER_SUITE_MISMATCH', /no cipher suite or group/);
    await using group = await serve({ ecdhCurve: 'P-521', minVersion: 'TLSv1.3' });
    await fails(dial(group), 'CIPHER_SUITE_MISMATCH', /no cipher suite or group/);
  });

  it('is refused by what does not speak TLS, or closes at once', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const cut = () => {
      for (const socket of sockets) socket.destroy();
    };
    const plain = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await using http = await listening(plain, cut);
    await fails(dial(http), 'UNEXPECTED_MESSAGE', /does not speak TLS/);
    await using closing = await listening(
      createTcpServer((socket) => socket.destroy()),
      () => {},
    );
    await fails(dial(closing), 'PEER_CONNECTION_CLOSED', /during the TLS handshake/);
  });
});

describe('the TLS of a client', () => {
  it('refuses what is no pin, with the command that makes one', () => {
    const ca = readFileSync(good.caFile, 'utf8');
    for (const pins of [['sha256/abc'], [''], [7]]) {
      assert.throws(
        () => loadClientTls('tls', { ca, pins } as ClientTlsOptions),
        (error) => error instanceof ConfigError && /openssl dgst -sha256/.test(error.message),
      );
    }
    assert.throws(() => loadClientTls('tls', { ca, pins: [] }), /at least one pin/);
    loadClientTls('tls', { ca, pins: [spkiPin(good)] });
  });

  it('refuses a certificate for servers', () => {
    const ca = readFileSync(good.caFile, 'utf8');
    const { certFile, keyFile } = good;
    assert.throws(() => loadClientTls('tls', { ca, certFile, keyFile }), /not for client use/);
    loadClientTls('tls', { ca, certFile: client.certFile, keyFile: client.keyFile });
  });
});

describe('the host of a target', () => {
  const targets: readonly (readonly [string, string])[] = [
    ['orders.internal:8443', 'orders.internal'],
    ['/orders.internal:8443', 'orders.internal'],
    ['127.0.0.1:1', '127.0.0.1'],
    ['127.0.0.1:1,127.0.0.2:1', '127.0.0.1'],
    ['[::1]:8443', '::1'],
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['orders', 'orders'],
  ];
  for (const [target, host] of targets) {
    it(`is ${host} for ${target}`, () => {
      assert.equal(hostOf(target), host);
    });
  }
});
