import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { certificateId, loadRevocationLists } from '#src/tls/crl.ts';
import {
  createDevelopmentCertificates,
  issueClientCertificate,
  revokeCertificate,
  writeRevocationLists,
} from '#src/tls/dev-ca.ts';
import { runOpenssl } from '#src/tls/openssl.ts';
import { tempDir } from '../support/temp-dir.ts';

const idOf = (file: string): string => certificateId(new X509Certificate(readFileSync(file)).raw);

describe('a development CA', () => {
  it('issues further clients, each with a name of its own', async () => {
    using dir = tempDir();
    const directory = dir.path;
    await createDevelopmentCertificates({ directory });
    const made = await issueClientCertificate({ directory, name: 'billing' });
    assert.match(
      new X509Certificate(readFileSync(made.certFile)).subjectAltName ?? '',
      /spiffe:\/\/dev\.grpc-entra\.internal\/billing/,
    );
    const before = readFileSync(made.certFile, 'utf8');
    await issueClientCertificate({ directory, name: 'billing' });
    assert.equal(readFileSync(made.certFile, 'utf8'), before);
    for (const name of ['server', '../x', 'a b', '']) {
      await assert.rejects(issueClientCertificate({ directory, name }), {
        code: 'ERR_OPTION_INVALID',
      });
    }
  });

  it('revokes: its lists name the certificate, and OpenSSL refuses it', async () => {
    using dir = tempDir();
    const directory = dir.path;
    const files = await createDevelopmentCertificates({ directory });
    const billing = await issueClientCertificate({ directory, name: 'billing' });
    const { crlFile } = await revokeCertificate({
      directory,
      certFile: billing.certFile,
      reason: 'keyCompromise',
    });
    const authorities = ['root/ca.pem', 'issuing/ca.pem'].map((name) =>
      readFileSync(dir.file(name), 'utf8'),
    );
    const lists = loadRevocationLists('crl', { file: crlFile }, authorities, Date.now());
    assert.deepEqual(lists.revoked, new Set([idOf(billing.certFile)]));
    assert.equal(lists.pem.length, 2);

    const verify = (file: string) =>
      runOpenssl([
        ...['verify', '-crl_check_all', '-CAfile', files.caFile, '-CRLfile', crlFile],
        ...['-untrusted', dir.file('issuing/ca.pem'), file],
      ]);
    await verify(files.clientCertFile);
    await assert.rejects(verify(billing.certFile), /revoked/);
    // Again, and for another reason: it stays revoked.
    await revokeCertificate({ directory, certFile: billing.certFile });
    await assert.rejects(verify(billing.certFile), /revoked/);
  });

  it('renews its lists, where there are some, and repairs them', async () => {
    using dir = tempDir();
    const directory = dir.path;
    await createDevelopmentCertificates({ directory });
    assert.throws(() => readFileSync(dir.file('crl.pem')), { code: 'ENOENT' });
    const { crlFile } = await writeRevocationLists({ directory });
    const before = readFileSync(crlFile, 'utf8');
    await createDevelopmentCertificates({ directory });
    assert.equal(readFileSync(crlFile, 'utf8'), before);
    writeFileSync(crlFile, 'spoilt');
    await createDevelopmentCertificates({ directory });
    assert.match(readFileSync(crlFile, 'utf8'), /BEGIN X509 CRL/);
  });

  it('is made first', async () => {
    using dir = tempDir();
    await assert.rejects(writeRevocationLists({ directory: dir.path }), /npm run certs/);
  });

  it('refuses to revoke what it did not issue or cannot read', async () => {
    using dir = tempDir();
    const directory = dir.path;
    await createDevelopmentCertificates({ directory });
    await assert.rejects(revokeCertificate({ directory, certFile: dir.file('server.key') }), {
      code: 'ERR_CERTIFICATE_INVALID',
    });
    using elsewhere = tempDir();
    const other = await createDevelopmentCertificates({ directory: elsewhere.path });
    await assert.rejects(
      revokeCertificate({ directory, certFile: other.clientCertFile }),
      /was not issued by the CA/,
    );
    await assert.rejects(
      revokeCertificate({ directory, certFile: dir.file('server.pem'), reason: 'x' as never }),
      /keyCompromise/,
    );
  });
});
