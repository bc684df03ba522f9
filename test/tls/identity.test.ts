import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { ConfigError } from '#src/core/errors.ts';
import { Secret } from '#src/core/secret.ts';
import { type IdentityNeeds, type IdentityOptions, loadIdentity } from '#src/tls/identity.ts';
import { profiles } from '#src/tls/profiles.ts';
import { loadServerTls } from '#src/tls/server-tls.ts';
import { type CertificateWish, issueCertificate } from '../support/certificates.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
after(() => dir[Symbol.dispose]());

const refusal = (run: () => unknown): ConfigError => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  assert.fail('the identity was accepted');
};

const load = (
  options: IdentityOptions,
  purpose: 'server' | 'client' = 'server',
  needs: Partial<IdentityNeeds> = {},
) =>
  loadIdentity('tls', options, {
    purpose,
    now: Date.now(),
    keys: profiles.intermediate.certificateKeys,
    profile: 'intermediate',
    ...needs,
  });

describe('the identity of a server', () => {
  it('is accepted when certificate and key are good, as files and as text', async () => {
    const { certFile, keyFile, cert } = await issueCertificate(dir);
    assert.equal(load({ certFile, keyFile }).cert, cert);
    const { readFileSync } = await import('node:fs');
    const key = new Secret(readFileSync(keyFile, 'utf8'));
    assert.equal(load({ cert, key }).leaf.subject, 'CN=test leaf');
  });

  const bad: readonly (readonly [string, CertificateWish, RegExp])[] = [
    ['that has expired', { days: [-30, -2] }, /expired 2 days ago .*renew it/],
    ['that is not valid yet', { days: [2, 30] }, /not valid before .*clock/],
    [
      'that is a CA',
      {
        extensions: {
          basicConstraints: 'critical,CA:TRUE',
          keyUsage: 'critical,digitalSignature,keyCertSign',
        },
      },
      /is a CA certificate/,
    ],
    [
      'for clients',
      { extensions: { extendedKeyUsage: 'clientAuth' } },
      /not for server use.*serverAuth/,
    ],
    ['without names', { extensions: { subjectAltName: undefined } }, /no subject alternative name/],
    [
      'with RSA-1024',
      { key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] },
      /1024 bits, wanted at least 2048/,
    ],
  ];
  for (const [name, wish, message] of bad) {
    it(`is refused with a certificate ${name}`, async () => {
      const { certFile, keyFile } = await issueCertificate(dir, wish);
      const error = refusal(() => load({ certFile, keyFile }));
      assert.equal(error.code, 'ERR_CERTIFICATE_INVALID');
      assert.match(error.message, message);
      assert.ok(error.message.includes(certFile), 'the message names the file');
    });
  }

  it('is accepted with RSA-2048', async () => {
    const { certFile, keyFile } = await issueCertificate(dir, {
      key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    });
    assert.equal(load({ certFile, keyFile }).leaf.ca, false);
  });

  it('is refused with the key of another certificate', async () => {
    const [one, other] = [await issueCertificate(dir), await issueCertificate(dir)];
    const error = refusal(() => load({ certFile: one.certFile, keyFile: other.keyFile }));
    assert.match(error.message, /does not belong to/);
  });

  it('is refused when others can read the key file', async () => {
    const { certFile, keyFile } = await issueCertificate(dir);
    chmodSync(keyFile, 0o640);
    assert.match(refusal(() => load({ certFile, keyFile })).message, /mode 640.*chmod 600/);
    chmodSync(keyFile, 0o600);
    load({ certFile, keyFile });
  });

  it('says so when the two files are swapped, missing, empty or garbage', async () => {
    const { certFile, keyFile } = await issueCertificate(dir);
    const empty = dir.file('empty.pem');
    writeFileSync(empty, '', { mode: 0o600 });
    const garbage = dir.file('garbage.pem');
    writeFileSync(garbage, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', {
      mode: 0o600,
    });
    chmodSync(certFile, 0o600);
    assert.match(refusal(() => load({ certFile: keyFile, keyFile: certFile })).message, /swapped/);
    assert.match(
      refusal(() => load({ certFile: empty, keyFile })).message,
      /holds no PEM certificate/,
    );
    assert.match(refusal(() => load({ certFile: garbage, keyFile })).message, /cannot be parsed/);
    assert.match(
      refusal(() => load({ certFile, keyFile: empty })).message,
      /holds no PEM private key/,
    );
    const missing = refusal(() => load({ certFile: dir.file('nowhere.pem'), keyFile }));
    assert.equal(missing.code, 'ERR_FILE_UNREADABLE');
    assert.match(missing.message, /nowhere\.pem.*ENOENT.*npm run certs/);
  });
});

describe('the TLS of a server', () => {
  it('needs a decision about client certificates, and a CA when it asks for them', async () => {
    const { certFile, keyFile } = await issueCertificate(dir);
    const identity = { certFile, keyFile };
    assert.match(
      refusal(() => loadServerTls('tls', identity as never)).message,
      /clientCertificates must be one of/,
    );
    assert.match(
      refusal(() => loadServerTls('tls', { ...identity, clientCertificates: 'required' } as never))
        .message,
      /clientCaFile/,
    );
    assert.equal(
      loadServerTls('tls', { ...identity, clientCertificates: 'none' }).clientCertificates,
      'none',
    );
    const withCa = loadServerTls('tls', {
      ...identity,
      clientCertificates: 'required',
      clientCaFile: certFile,
    });
    assert.equal(withCa.clientCertificates, 'required');
  });

  it('refuses protections that are undefined, and two ways of saying one thing', async () => {
    const { certFile, keyFile } = await issueCertificate(dir);
    const good = {
      certFile,
      keyFile,
      clientCertificates: 'required',
      clientCaFile: certFile,
    } as const;
    assert.equal(loadServerTls('tls', good).clientCertificates, 'required');
    for (const name of ['clientCrlFile', 'clientCrl', 'clientCaFile', 'trustAnchorFile', 'hosts']) {
      const { code, message } = refusal(() =>
        loadServerTls('tls', { ...good, [name]: undefined } as never),
      );
      assert.equal(code, 'ERR_OPTION_INVALID');
      assert.match(message, new RegExp(`tls\\.${name} is undefined.*not set`));
    }
    for (const name of ['cert', 'key', 'clientCa']) {
      assert.match(
        refusal(() => loadServerTls('tls', { ...good, [name]: 'x' } as never)).message,
        /are both given/,
      );
    }
    assert.match(
      refusal(() => loadServerTls('tls', { ...good, cert: undefined, certFile } as never)).message,
      /are both given/,
    );
  });

  it('says what is wrong with a value that is no text', () => {
    const options = { cert: Buffer.from('x'), key: 'x', clientCertificates: 'none' };
    assert.equal(refusal(() => loadServerTls('tls', options as never)).code, 'ERR_OPTION_INVALID');
  });

  it('refuses unknown options, among them those that would weaken it', async () => {
    const { certFile, keyFile } = await issueCertificate(dir);
    for (const name of [
      'secureProtocol',
      'secureOptions',
      'rejectUnauthorized',
      'pfx',
      'sigalgs',
    ]) {
      const options = { certFile, keyFile, clientCertificates: 'none', [name]: 'x' };
      assert.equal(
        refusal(() => loadServerTls('tls', options as never)).code,
        'ERR_OPTION_UNKNOWN',
      );
    }
  });
});
