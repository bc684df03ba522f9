import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type TestPki, testPki } from '../support/pki.ts';
import { sClient } from '../support/s-client.ts';
import { prepareServers, serversInChild } from '../support/servers-in-child.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
let pki: TestPki;
before(async () => {
  pki = await prepareServers(dir);
  writeFileSync(
    dir.file('weak.cnf'),
    [
      'openssl_conf = all',
      '[all]',
      'ssl_conf = ssl',
      '[ssl]',
      'system_default = weak',
      '[weak]',
      'MinProtocol = TLSv1',
      'CipherString = ALL:@SECLEVEL=0',
    ].join('\n'),
  );
});
after(() => dir[Symbol.dispose]());

const HTTP2 = ['-alpn', 'h2', '-servername', 'localhost'];
/** Offers that no profile accepts. OpenSSL's level 0 lets the client make them. */
const weak: readonly (readonly [string, readonly string[]])[] = [
  ['TLS 1.0', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0']],
  ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']],
  ['CBC', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0']],
  ['no encryption', ['-tls1_2', '-cipher', 'eNULL:@SECLEVEL=0']],
  ['no authentication', ['-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0']],
  ['64-bit tags', ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0']],
  ['the group P-521', ['-tls1_3', '-groups', 'P-521']],
];

/** The rows of spec section 1.2. */
const rows: readonly (readonly [
  name: string,
  flags: readonly string[],
  env: () => Readonly<Record<string, string>>,
])[] = [
  ['nothing', [], () => ({})],
  [
    'GRPC_SSL_CIPHER_SUITES with every suite there is',
    [],
    () => ({ GRPC_SSL_CIPHER_SUITES: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0' }),
  ],
  [
    'GRPC_SSL_CIPHER_SUITES with good suites',
    [],
    () => ({ GRPC_SSL_CIPHER_SUITES: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
  ],
  ['GRPC_SSL_CIPHER_SUITES with keywords', [], () => ({ GRPC_SSL_CIPHER_SUITES: 'HIGH+ECDSA' })],
  ['--tls-min-v1.0', ['--tls-min-v1.0'], () => ({})],
  [
    '--tls-min-v1.0 with weak suites',
    ['--tls-min-v1.0', '--tls-cipher-list=DEFAULT@SECLEVEL=0'],
    () => ({}),
  ],
  [
    'the same by NODE_OPTIONS',
    [],
    () => ({ NODE_OPTIONS: '--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0' }),
  ],
  ['OPENSSL_CONF', [], () => ({ OPENSSL_CONF: dir.file('weak.cnf') })],
  [
    'NODE_TLS_REJECT_UNAUTHORIZED',
    [],
    () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }),
  ],
];

describe('the policy is not changed from outside by', () => {
  for (const [name, flags, env] of rows) {
    it(name, async () => {
      await using servers = await serversInChild(dir, { flags, env: env() });
      for (const [kind, port] of Object.entries(servers.ports)) {
        for (const version of ['-tls1_2', '-tls1_3']) {
          const { code, output } = await sClient(port, [...HTTP2, version]);
          assert.equal(code, 0, `${kind} ${version}: ${output}`);
          assert.match(output, /ALPN protocol: h2/);
        }
        for (const [offer, args] of weak) {
          const { code, output } = await sClient(port, [...HTTP2, ...args]);
          assert.equal(code, 1, `${kind} accepts ${offer}: ${output}`);
          assert.match(output, /alert number|no protocols available/, `${kind}, ${offer}`);
        }
      }
    });
  }

  it('NODE_EXTRA_CA_CERTS and gRPC roots: a client of another CA stays a stranger', async () => {
    const stranger = await testPki(dir);
    const certificate = await stranger.issue('client');
    writeFileSync(dir.file('stranger-ca.pem'), stranger.ca);
    writeFileSync(dir.file('stranger.pem'), stranger.chainOf(certificate));
    await using servers = await serversInChild(dir, {
      clientCertificates: 'required',
      env: {
        NODE_EXTRA_CA_CERTS: dir.file('stranger-ca.pem'),
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: dir.file('stranger-ca.pem'),
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_NO_WARNINGS: '1',
      },
    });
    const known = await pki.issue('client');
    writeFileSync(dir.file('known.pem'), pki.chainOf(known));
    const show = (cert: string, key: string) => ['-cert_chain', cert, '-cert', cert, '-key', key];
    for (const [kind, port] of Object.entries(servers.ports)) {
      const tls12 = [...HTTP2, '-tls1_2'];
      const good = await sClient(port, [...tls12, ...show(dir.file('known.pem'), known.keyFile)]);
      assert.equal(good.code, 0, `${kind}: ${good.output}`);
      const bad = await sClient(port, [
        ...tls12,
        ...show(dir.file('stranger.pem'), certificate.keyFile),
      ]);
      assert.equal(bad.code, 1, `${kind}: ${bad.output}`);
    }
  });
});
