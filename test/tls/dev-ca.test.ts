import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError } from '#src/core/errors.ts';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { checkOpenssl, runOpenssl } from '#src/tls/openssl.ts';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { tempDir } from '../support/temp-dir.ts';

const contents = (path: string): Map<string, string> =>
  new Map(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        join(entry.parentPath, entry.name),
        readFileSync(join(entry.parentPath, entry.name), 'utf8'),
      ]),
  );

describe('development certificates', () => {
  it('pass strict verification for their purpose and no other', async () => {
    using dir = tempDir();
    const files = await createDevelopmentCertificates({ directory: dir.path });
    const verify = (...args: readonly string[]) =>
      runOpenssl([
        'verify',
        '-x509_strict',
        '-auth_level',
        '2',
        '-CAfile',
        files.caFile,
        '-untrusted',
        dir.file('issuing/ca.pem'),
        ...args,
      ]);
    await verify('-purpose', 'sslserver', '-verify_hostname', 'localhost', files.serverCertFile);
    await verify('-purpose', 'sslserver', '-verify_ip', '127.0.0.1', files.serverCertFile);
    await verify('-purpose', 'sslclient', files.clientCertFile);
    await assert.rejects(verify('-purpose', 'sslclient', files.serverCertFile));
    await assert.rejects(
      verify('-purpose', 'sslserver', '-verify_hostname', 'example.com', files.serverCertFile),
    );
  });

  it('have keys that nobody else can read', async () => {
    using dir = tempDir();
    await createDevelopmentCertificates({ directory: dir.path });
    const keys = [...contents(dir.path).keys()].filter((file) => file.endsWith('.key'));
    assert.equal(keys.length, 4);
    for (const key of keys) assert.equal(statSync(key).mode & 0o777, 0o600, key);
  });

  it('are left as they are by a second run', async () => {
    using dir = tempDir();
    const made: string[] = [];
    const report = (line: string) => void made.push(line);
    await createDevelopmentCertificates({ directory: dir.path, report });
    assert.equal(made.length, 4);
    const before = contents(dir.path);
    await createDevelopmentCertificates({ directory: dir.path, report });
    assert.equal(made.length, 4);
    assert.deepEqual(contents(dir.path), before);
  });

  it('are completed when one is missing, without touching the CA', async () => {
    using dir = tempDir();
    const files = await createDevelopmentCertificates({ directory: dir.path });
    const ca = readFileSync(dir.file('issuing/ca.key'), 'utf8');
    rmSync(files.serverCertFile);
    const key = readFileSync(files.serverKeyFile, 'utf8');
    await createDevelopmentCertificates({ directory: dir.path });
    assert.equal(readFileSync(files.serverKeyFile, 'utf8'), key);
    assert.equal(readFileSync(dir.file('issuing/ca.key'), 'utf8'), ca);
    assert.ok(new X509Certificate(readFileSync(files.serverCertFile)).checkHost('localhost'));
  });

  it('do not overwrite what is not theirs', async () => {
    using dir = tempDir();
    writeFileSync(dir.file('ca.pem'), 'mine');
    await assert.rejects(
      createDevelopmentCertificates({ directory: dir.path }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.code, 'ERR_FILE_EXISTS');
        return true;
      },
    );
    assert.equal(readFileSync(dir.file('ca.pem'), 'utf8'), 'mine');

    using other = tempDir();
    await createDevelopmentCertificates({ directory: other.path });
    const foreign = (
      await createSelfSignedCertificate({
        commonName: 'mine',
        hosts: ['localhost'],
        key: 'ec-p256',
        days: 1,
      })
    ).cert;
    writeFileSync(other.file('server.pem'), foreign);
    await assert.rejects(createDevelopmentCertificates({ directory: other.path }), {
      code: 'ERR_FILE_EXISTS',
    });
    assert.equal(readFileSync(other.file('server.pem'), 'utf8'), foreign);
  });

  it('are issued for other hosts, but not by a CA that was made for others', async () => {
    using dir = tempDir();
    const hosts = ['orders.internal', '10.1.2.3'];
    const files = await createDevelopmentCertificates({ directory: dir.path, hosts });
    const leaf = new X509Certificate(readFileSync(files.serverCertFile));
    assert.ok(
      leaf.checkHost('orders.internal') !== undefined && leaf.checkIP('10.1.2.3') !== undefined,
    );
    await assert.rejects(
      createDevelopmentCertificates({ directory: dir.path, hosts: ['billing.internal'] }),
      {
        code: 'ERR_FILE_EXISTS',
        message: /made for other names/,
      },
    );
    assert.ok(new X509Certificate(readFileSync(files.serverCertFile)).checkHost('orders.internal'));
  });

  it('refuse hosts that would be syntax in an OpenSSL configuration', async () => {
    using dir = tempDir();
    for (const host of ['a,DNS:b', 'a\nb', '$ENV::HOME', '', '-x', 'a b', '*.internal']) {
      await assert.rejects(createDevelopmentCertificates({ directory: dir.path, hosts: [host] }), {
        code: 'ERR_OPTION_INVALID',
      });
    }
    assert.deepEqual(readdirSync(dir.path), []);
  });

  it('survive two runs at the same time on an empty folder', async () => {
    using dir = tempDir();
    mkdirSync(dir.file('certs'));
    const run = () => createDevelopmentCertificates({ directory: dir.file('certs') });
    const [files] = await Promise.all([run(), run(), run()]);
    await runOpenssl([
      'verify',
      '-CAfile',
      files.caFile,
      '-untrusted',
      dir.file('certs/issuing/ca.pem'),
      files.serverCertFile,
    ]);
  });
});

describe('the lock of a certificate folder', () => {
  it('is taken over from a run that was killed', async () => {
    using dir = tempDir();
    // No process has this id: the kernel's largest is 4 194 304.
    writeFileSync(dir.file('.lock'), '4194305');
    await createDevelopmentCertificates({ directory: dir.path });
    assert.ok(!readdirSync(dir.path).includes('.lock'));
  });
});

describe('a self-signed certificate', () => {
  it('can sign nothing, names its hosts and hides its key', async () => {
    const { cert, key } = await createSelfSignedCertificate({
      commonName: 'emulator',
      hosts: ['localhost', '127.0.0.1', '::1'],
      key: 'ec-p256',
      days: 2,
    });
    const certificate = new X509Certificate(cert);
    assert.equal(certificate.ca, false);
    assert.ok(
      certificate.checkHost('localhost') !== undefined && certificate.checkIP('::1') !== undefined,
    );
    assert.match(key.reveal(), /BEGIN PRIVATE KEY/);
    assert.equal(String(key), '[redacted]');
  });
});

describe('the openssl command', () => {
  it('is asked for with an install hint when it is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      await assert.rejects(checkOpenssl(), {
        code: 'ERR_OPENSSL_UNUSABLE',
        message: /cannot be run; install OpenSSL 3: "apt-get install openssl"/,
      });
    } finally {
      process.env['PATH'] = path;
    }
    assert.match(await checkOpenssl(), /^3\./);
  });

  it('is refused when it is LibreSSL, which macOS ships under the name', async () => {
    using dir = tempDir();
    writeFileSync(dir.file('openssl'), '#!/bin/sh\necho "LibreSSL 3.3.6"\n', { mode: 0o755 });
    const path = process.env['PATH'];
    process.env['PATH'] = `${dir.path}:${path}`;
    try {
      await assert.rejects(checkOpenssl(), {
        code: 'ERR_OPENSSL_UNUSABLE',
        message: /is LibreSSL 3\.3\.6, wanted OpenSSL 3/,
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});
