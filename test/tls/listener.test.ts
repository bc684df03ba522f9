import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { describe, it } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { ConfigError } from '#src/core/errors.ts';
import type { TlsIdentity } from '#src/tls/connection-identity.ts';
import type { HandshakeFailure } from '#src/tls/handshake-failure.ts';
import { createTlsListener, type TlsListener } from '#src/tls/listener.ts';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { loadServerTls, type ServerTlsOptions } from '#src/tls/server-tls.ts';
import { developmentCertificates, issueCertificate, issueCrl } from '../support/certificates.ts';
import { queue } from '../support/queue.ts';
import { sClient } from '../support/s-client.ts';

const certificates = developmentCertificates();

interface Listening extends AsyncDisposable {
  readonly port: number;
  readonly listener: TlsListener;
  /** The next connection that passed. */
  accepted(): Promise<TlsIdentity>;
  /** The next failed handshake. */
  failed(): Promise<HandshakeFailure>;
  readonly acceptedCount: () => number;
}

async function startListener(
  tls: Partial<ServerTlsOptions> = {},
  handshakeTimeoutMs = 10_000,
): Promise<Listening> {
  const accepted = queue<TlsIdentity>();
  const failures = queue<HandshakeFailure>();
  const sockets = new Set<TLSSocket>();
  let acceptedCount = 0;
  const listener = createTlsListener({
    tls: loadServerTls('tls', {
      certFile: certificates.files.serverCertFile,
      keyFile: certificates.files.serverKeyFile,
      clientCertificates: 'none',
      ...tls,
    } as ServerTlsOptions),
    handshakeTimeoutMs,
    accept: (socket, identity) => {
      acceptedCount += 1;
      sockets.add(socket);
      accepted.push(identity);
      socket.resume();
    },
    onHandshakeFailure: (failure) => failures.push(failure),
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  return {
    port,
    listener,
    accepted: accepted.next,
    failed: failures.next,
    acceptedCount: () => acceptedCount,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await listener.close();
    },
  };
}

/** Connects with Node and resolves with the error of the handshake, or with nothing. */
function nodeClient(port: number, options: ConnectionOptions): Promise<TLSSocket | Error> {
  return new Promise((resolve) => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: readFileSync(certificates.files.caFile),
      ALPNProtocols: ['h2'],
      ...options,
    });
    socket.on('secureConnect', () => resolve(socket));
    socket.on('error', resolve);
  });
}

const GOOD = [
  '-alpn',
  'h2',
  '-servername',
  'localhost',
  '-verify_return_error',
  '-verify_hostname',
  'localhost',
];

describe('the listener and openssl s_client', () => {
  it('accept TLS 1.2 and TLS 1.3 with ALPN h2', async () => {
    await using server = await startListener();
    for (const version of ['-tls1_2', '-tls1_3']) {
      const result = await sClient(server.port, [
        ...GOOD,
        '-CAfile',
        certificates.files.caFile,
        version,
      ]);
      assert.equal(result.code, 0, result.output);
      assert.match(result.output, /ALPN protocol: h2/);
      const identity = await server.accepted();
      assert.equal(identity.protocol, version === '-tls1_2' ? 'TLSv1.2' : 'TLSv1.3');
      assert.equal(identity.certificate, undefined);
      assert.match(identity.peer, /^127\.0\.0\.1:\d+$/);
    }
  });

  it('never resume a session: each connection proves itself anew', async () => {
    await using server = await startListener();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = connectTls({
        port: server.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: readFileSync(certificates.files.caFile),
        ALPNProtocols: ['h2'],
        maxVersion,
      });
      // TLS 1.3 sends identifiers after the handshake; with no ticket and no cache behind them they open nothing.
      const [session] = (await once(
        first,
        maxVersion === 'TLSv1.2' ? 'secureConnect' : 'session',
      )) as [Buffer | undefined];
      const second = await nodeClient(server.port, {
        maxVersion,
        session: session ?? first.getSession(),
      });
      assert.ok(!(second instanceof Error));
      assert.equal(second.isSessionReused(), false);
      first.destroy();
      second.destroy();
    }
  });

  const refused: readonly (readonly [
    string,
    readonly string[],
    HandshakeFailure['result'],
    RegExp,
  ])[] = [
    [
      'TLS 1.1',
      ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'],
      'PROTOCOL_VERSION_UNSUPPORTED',
      /alert number 70|protocol version/,
    ],
    [
      'TLS 1.0',
      ['-tls1', '-cipher', 'DEFAULT@SECLEVEL=0'],
      'PROTOCOL_VERSION_UNSUPPORTED',
      /alert number 70|protocol version/,
    ],
    [
      'a CBC-only offer in TLS 1.2',
      ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0'],
      'CIPHER_SUITE_MISMATCH',
      /alert number 40/,
    ],
    [
      'a group outside the policy',
      ['-tls1_3', '-groups', 'P-521'],
      'KEY_EXCHANGE_FAILURE',
      /alert number 40/,
    ],
    [
      'ALPN http/1.1',
      ['-tls1_3', '-alpn', 'http/1.1'],
      'NO_APPLICATION_PROTOCOL',
      /alert number 120/,
    ],
  ];
  for (const [name, args, result, clientSees] of refused) {
    it(`refuse ${name}, with an audit event and an alert`, async () => {
      await using server = await startListener();
      const client = await sClient(server.port, [
        '-alpn',
        'h2',
        '-servername',
        'localhost',
        ...args,
      ]);
      assert.equal(client.code, 1, client.output);
      assert.match(client.output, clientSees);
      const failure = await server.failed();
      assert.equal(failure.result, result);
      assert.match(failure.peer, /^127\.0\.0\.1:\d+$/);
      assert.equal(server.acceptedCount(), 0);
    });
  }

  it('report that the peer refuses our certificate, by its alert', async () => {
    await using server = await startListener();
    const strange = await issueCertificate(certificates.dir);
    const unknownCa = ['-CAfile', strange.caFile, '-verify_return_error'];
    await sClient(server.port, ['-alpn', 'h2', '-servername', 'localhost', ...unknownCa]);
    assert.equal((await server.failed()).result, 'CERTIFICATE_AUTHORITY_INVALID');
    const wrongName = ['-CAfile', certificates.files.caFile, '-verify_return_error'];
    await sClient(server.port, [
      '-alpn',
      'h2',
      ...wrongName,
      '-verify_hostname',
      'orders.internal',
    ]);
    assert.equal((await server.failed()).result, 'CERTIFICATE_VERIFICATION_FAILED');
    // Node gives no alert.
    await nodeClient(server.port, { ca: readFileSync(strange.caFile) });
    assert.match((await server.failed()).result, /PEER_CONNECTION_CLOSED|CERTIFICATE_/);
    assert.equal(server.acceptedCount(), 0);
  });

  it('refuse a client without ALPN after the handshake', async () => {
    await using server = await startListener();
    await sClient(server.port, ['-tls1_3', '-servername', 'localhost']);
    assert.equal((await server.failed()).result, 'NO_APPLICATION_PROTOCOL');
    assert.equal(server.acceptedCount(), 0);
  });
});

describe('the listener and peers that do not speak TLS', () => {
  const openers: readonly (readonly [string, string, RegExp])[] = [
    ['HTTP/2 in plaintext', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /plaintext|does not speak TLS/],
    ['an HTTP/1.1 request', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', /HTTP request without TLS/],
    ['garbage', '\x00\x01\x02 garbage garbage', /does not speak TLS|failed/],
  ];
  for (const [name, bytes, reason] of openers) {
    it(`recognises ${name}`, async () => {
      await using server = await startListener();
      const socket = connectTcp(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(bytes);
      const failure = await server.failed();
      assert.match(failure.reason, reason);
      assert.match(failure.peer, /^127\.0\.0\.1:\d+$/);
      socket.destroy();
    });
  }

  it('cuts a peer that stays silent', async () => {
    await using server = await startListener({}, 50);
    const socket = connectTcp(server.port, '127.0.0.1');
    socket.on('error', () => {});
    assert.equal((await server.failed()).result, 'HANDSHAKE_TIMEOUT');
  });

  it('reports a port scan as a closed connection', async () => {
    await using server = await startListener();
    connectTcp(server.port, '127.0.0.1', function (this: { end(): void }) {
      this.end();
    }).on('error', () => {});
    assert.equal((await server.failed()).result, 'PEER_CONNECTION_CLOSED');
  });

  it('closes at once although a peer has not finished its handshake', async () => {
    const server = await startListener();
    const socket = connectTcp(server.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    await new Promise((resolve) => socket.on('connect', resolve));
    // A full handshake of another client proves that the silent connection was accepted before it.
    const other = await nodeClient(server.port, {});
    assert.ok(!(other instanceof Error));
    await server.accepted();
    await server[Symbol.asyncDispose]();
    await closed;
  });
});

describe('client certificates', () => {
  const clientIdentity = () => ({
    cert: readFileSync(certificates.files.clientCertFile),
    key: readFileSync(certificates.files.clientKeyFile),
  });
  const mode = (clientCertificates: 'optional' | 'required') => ({
    clientCertificates,
    clientCaFile: certificates.files.caFile,
  });

  for (const wanted of ['optional', 'required'] as const) {
    it(`are accepted and read when ${wanted}`, async () => {
      await using server = await startListener(mode(wanted));
      const socket = await nodeClient(server.port, clientIdentity());
      assert.ok(!(socket instanceof Error));
      const { certificate, peer } = await server.accepted();
      assert.equal(certificate?.spiffeId, 'spiffe://dev.grpc-entra.internal/client');
      assert.deepEqual(certificate?.dnsNames, ['client.dev.grpc-entra.internal']);
      assert.match(certificate?.x5tS256 ?? '', /^[\w-]{43}$/);
      // The leaf and the CA that issued it: either may be revoked. On servers Node 24 tells the leaf alone.
      const least = Number.parseInt(process.versions.node, 10) < 24 ? 2 : 1;
      assert.ok((certificate?.chainIds.length ?? 0) >= least);
      assert.ok((certificate?.notAfterMs ?? 0) > Date.now());
      const [remoteAddress, remotePort] = peer.split(':');
      const ends = {
        remoteAddress,
        remotePort: Number(remotePort),
        localAddress: '127.0.0.1',
        localPort: server.port,
      };
      assert.equal(server.listener.identityOf(ends)?.certificate, certificate);
      assert.equal(server.listener.identityOf({ ...ends, localAddress: '127.0.0.2' }), undefined);
    });

    it(`of another CA are refused when ${wanted}, with the reason`, async () => {
      await using server = await startListener(mode(wanted));
      const { cert, key } = await createSelfSignedCertificate({
        commonName: 'x',
        hosts: [],
        key: 'ec-p256',
        days: 1,
      });
      const client = await nodeClient(server.port, { cert, key: key.reveal() });
      if (!(client instanceof Error)) client.on('error', () => {});
      const failure = await server.failed();
      assert.match(failure.result, /^CERTIFICATE_/);
      assert.match(failure.reason, /self-signed|another CA|not for client use/);
      assert.equal(server.acceptedCount(), 0);
    });

    it(`that have expired are refused when ${wanted}`, async () => {
      const expired = await issueCertificate(certificates.dir, {
        days: [-30, -1],
        extensions: { extendedKeyUsage: 'clientAuth' },
      });
      const caFile = expired.certFile.replace('leaf.pem', 'ca.pem');
      await using server = await startListener({
        clientCertificates: wanted,
        clientCaFile: caFile,
      });
      const client = await nodeClient(server.port, {
        cert: expired.cert,
        key: readFileSync(expired.keyFile),
      });
      if (!(client instanceof Error)) client.on('error', () => {});
      assert.equal((await server.failed()).result, 'CERTIFICATE_EXPIRED');
      assert.equal(server.acceptedCount(), 0);
    });
  }

  for (const wanted of ['optional', 'required'] as const) {
    it(`that are revoked, or not for clients, are refused when ${wanted}`, async () => {
      const clientAuth = { extensions: { extendedKeyUsage: 'clientAuth' } };
      const issued = await issueCertificate(certificates.dir, clientAuth);
      const revoked = await issueCrl(issued, { revoked: [issued] });
      const server = await issueCertificate(certificates.dir);
      const cases = [
        [issued, { clientCrl: revoked }, 'CERTIFICATE_REVOKED'],
        [server, {}, 'CERTIFICATE_VERIFICATION_FAILED'],
      ] as const;
      for (const [certificate, extra, result] of cases) {
        const trust = { clientCertificates: wanted, clientCaFile: certificate.caFile, ...extra };
        await using listening = await startListener(trust as Partial<ServerTlsOptions>);
        const client = await nodeClient(listening.port, {
          cert: certificate.cert,
          key: readFileSync(certificate.keyFile),
        });
        if (!(client instanceof Error)) client.on('error', () => {});
        assert.equal((await listening.failed()).result, result);
        assert.equal(listening.acceptedCount(), 0);
      }
      await using twin = await startListener({
        clientCertificates: wanted,
        clientCaFile: issued.caFile,
      });
      const client = await nodeClient(twin.port, {
        cert: issued.cert,
        key: readFileSync(issued.keyFile),
      });
      assert.ok(!(client instanceof Error));
      assert.ok((await twin.accepted()).certificate !== undefined);
    });
  }

  it('may be left out when optional, not when required', async () => {
    await using optional = await startListener(mode('optional'));
    assert.ok(!((await nodeClient(optional.port, {})) instanceof Error));
    assert.equal((await optional.accepted()).certificate, undefined);

    await using required = await startListener(mode('required'));
    const client = await nodeClient(required.port, {});
    if (!(client instanceof Error)) client.on('error', () => {});
    const failure = await required.failed();
    assert.equal(failure.result, 'CERTIFICATE_VERIFICATION_FAILED');
    assert.match(failure.reason, /no client certificate/);
    assert.equal(required.acceptedCount(), 0);
  });
});

describe('listening', () => {
  it('says what is in the way', async () => {
    await using server = await startListener();
    const other = createTlsListener({
      tls: loadServerTls('tls', {
        certFile: certificates.files.serverCertFile,
        keyFile: certificates.files.serverKeyFile,
        clientCertificates: 'none',
      }),
      accept: () => {},
      onHandshakeFailure: () => {},
    });
    await assert.rejects(
      other.listen({ host: '127.0.0.1', port: server.port }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.code, 'ERR_LISTEN_FAILED');
        assert.match(error.message, /EADDRINUSE.*choose another port/);
        return true;
      },
    );
  });

  it('serves new connections with reloaded material under the same policy', async () => {
    await using server = await startListener();
    const fresh = await issueCertificate(certificates.dir);
    server.listener.reload(
      loadServerTls('tls', {
        certFile: fresh.certFile,
        keyFile: fresh.keyFile,
        clientCertificates: 'none',
      }),
    );
    const socket = await nodeClient(server.port, { rejectUnauthorized: false });
    assert.ok(!(socket instanceof Error));
    assert.equal(socket.getPeerX509Certificate()?.subject, 'CN=test leaf');
    const cbc = await sClient(server.port, [
      '-alpn',
      'h2',
      '-tls1_2',
      '-cipher',
      'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',
    ]);
    assert.equal(cbc.code, 1);
  });
});
