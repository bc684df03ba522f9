import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { ConfigError } from '#src/core/errors.ts';
import { checkKeyFile } from '#src/tls/key-file.ts';
import { loadServerTls, type ServerTlsOptions } from '#src/tls/server-tls.ts';
import {
  CA_EXTENSIONS,
  type CertificateWish,
  type IssuedCertificate,
  issueCertificate,
} from '../support/certificates.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
after(() => dir[Symbol.dispose]());

const load = (
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  options: Partial<ServerTlsOptions> = {},
) =>
  loadServerTls('tls', {
    certFile,
    keyFile,
    clientCertificates: 'none',
    ...options,
  } as ServerTlsOptions);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.code, 'ERR_CERTIFICATE_INVALID');
    return error.message;
  }
  assert.fail('the certificate was accepted');
}

/** Writes certificates one after the other into a file. */
function bundle(name: string, ...certificates: readonly IssuedCertificate[]): string {
  const file = dir.file(`${name}.pem`);
  writeFileSync(file, certificates.map(({ cert }) => cert).join(''));
  return file;
}

/** root, issuing CA and leaf. */
let root: IssuedCertificate;
let issuing: IssuedCertificate;
let leaf: IssuedCertificate;
before(async () => {
  root = await issueCertificate(dir, { extensions: CA_EXTENSIONS });
  issuing = await issueCertificate(dir, { extensions: CA_EXTENSIONS, issuer: root });
  leaf = await issueCertificate(dir, { issuer: issuing });
});

describe('a certificate chain', () => {
  it('is accepted when each certificate is followed by its issuer, up to what clients trust', () => {
    const certFile = bundle('good', leaf, issuing, root);
    const { identity } = load(
      { certFile, keyFile: leaf.keyFile },
      { trustAnchorFile: root.caFile },
    );
    assert.deepEqual(identity.warnings, []);
    const trusted = load(
      { certFile: bundle('short', leaf, issuing), keyFile: leaf.keyFile },
      { trustAnchorFile: root.certFile },
    );
    assert.deepEqual(trusted.identity.warnings, []);
  });

  it('is refused when the intermediate is missing, with what clients would say', () => {
    const certFile = bundle('leaf-only', leaf);
    const message = refusal(() =>
      load({ certFile, keyFile: leaf.keyFile }, { trustAnchorFile: root.certFile }),
    );
    assert.match(message, /unable to verify the first certificate.*append it/);
    assert.ok(message.includes(certFile));
  });

  it('is doubted when it is a leaf alone and nobody said what clients trust', () => {
    const { identity } = load({ certFile: bundle('alone', leaf), keyFile: leaf.keyFile });
    assert.match(String(identity.warnings), /a leaf alone.*trustAnchorFile/);
  });

  it('is refused when what follows the leaf did not issue it', async () => {
    const stranger = await issueCertificate(dir, { extensions: CA_EXTENSIONS });
    const certFile = bundle('foreign', leaf, stranger);
    assert.match(
      refusal(() => load({ certFile, keyFile: leaf.keyFile })),
      /breaks off.*leaf first/,
    );
  });

  it('is accepted out of order, with a warning', () => {
    const certFile = bundle('shuffled', leaf, root, issuing);
    const { identity } = load({ certFile, keyFile: leaf.keyFile });
    assert.match(String(identity.warnings), /out of order/);
  });

  it('is accepted with a self-signed root, with a warning', () => {
    const rootFile = dir.file('with-root.pem');
    const text = [leaf.cert, issuing.cert, root.cert, readFileSync(root.caFile, 'utf8')];
    writeFileSync(rootFile, text.join(''));
    const { identity } = load({ certFile: rootFile, keyFile: leaf.keyFile });
    assert.match(String(identity.warnings), /includes the root/);
  });

  const unsound: readonly (readonly [string, CertificateWish, RegExp])[] = [
    ['has expired', { days: [-30, -2] }, /certificate of "CN=.*" expired 2 days ago/],
    ['is not valid yet', { days: [2, 30] }, /certificate of "CN=.*" is not valid before/],
    [
      'has an RSA key of 1024 bits',
      { key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] },
      /1024 bits/,
    ],
    ['is signed with SHA-1', { digest: 'sha1' }, /ecdsa-with-SHA1.*-md sha256/],
  ];
  for (const [what, wish, message] of unsound) {
    it(`is refused when an intermediate ${what}`, async () => {
      const ca = await issueCertificate(dir, {
        ...wish,
        extensions: CA_EXTENSIONS,
        issuer: root,
      });
      const below = await issueCertificate(dir, { issuer: ca });
      const certFile = bundle(`unsound-${what}`, below, ca);
      assert.match(
        refusal(() => load({ certFile, keyFile: below.keyFile })),
        message,
      );
    });
  }
});

describe('a leaf', () => {
  it('is refused when signed with SHA-1, by name of the algorithm', async () => {
    const weak = await issueCertificate(dir, { digest: 'sha1' });
    assert.match(
      refusal(() => load(weak)),
      /signed with ecdsa-with-SHA1, which can be forged/,
    );
  });

  it('must name every host it is presented under', async () => {
    const certificate = await issueCertificate(dir);
    load(certificate, { hosts: ['localhost', '127.0.0.1'] });
    for (const host of ['orders.internal', '10.0.0.1']) {
      const message = refusal(() => load(certificate, { hosts: ['localhost', host] }));
      assert.ok(message.includes(`is not for "${host}" but for DNS:localhost`), message);
    }
  });

  const rsa2048 = { key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'] };
  it('with RSA-2048 is accepted with a warning, and by "modern" not at all', async () => {
    const certificate = await issueCertificate(dir, rsa2048);
    assert.match(String(load(certificate).identity.warnings), /2048 bits; 3072 or EC P-256/);
    assert.match(
      refusal(() => load(certificate, { profile: 'modern' })),
      /kind RSA; profile "modern" takes P-256, P-384/,
    );
  });

  it('with Ed25519 or P-521 is accepted by "intermediate"; with Ed448 by none', async () => {
    for (const key of [
      ['-algorithm', 'ED25519'],
      ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
    ]) {
      load(await issueCertificate(dir, { key }));
    }
    const odd = await issueCertificate(dir, { key: ['-algorithm', 'ED448'] });
    assert.match(
      refusal(() => load(odd)),
      /key of kind ed448/,
    );
  });

  it('is warned about in the last third of its life', async () => {
    const old = await issueCertificate(dir, { days: [-21, 9] });
    assert.match(String(load(old).identity.warnings), /expires in [89] days/);
    const young = await issueCertificate(dir, { days: [-19, 11] });
    assert.doesNotMatch(String(load(young).identity.warnings), /expires/);
  });
});

describe('a key file', () => {
  const file = dir.file('mode.key');
  const lay = (mode: number, user = 0) => {
    writeFileSync(file, 'x');
    chmodSync(file, mode);
    chownSync(file, user, 0);
    return () => checkKeyFile('tls.keyFile', file);
  };

  it('is accepted when its owner alone can read it', () => {
    lay(0o600)();
    lay(0o400)();
  });

  it('is refused when others can read it, or own it', { skip: process.getuid?.() !== 0 }, () => {
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      assert.match(refusal(lay(mode)), /chmod 600/);
    }
    assert.match(refusal(lay(0o600, 4242)), /belongs to another user \(uid 4242\).*chown/);
  });

  it('is accepted as orchestrators mount it, by a service that is not root', (t) => {
    const user = t.mock.fn(() => 1000);
    const { getuid } = process;
    assert.ok(getuid !== undefined);
    process.getuid = user;
    t.after(() => {
      process.getuid = getuid;
    });
    lay(0o640)();
    lay(0o440)();
    for (const mode of [0o644, 0o660, 0o444]) assert.match(refusal(lay(mode)), /chmod 600/);
  });
});
