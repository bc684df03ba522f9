import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { ConfigError } from '#src/core/errors.ts';
import { certificateId, loadRevocationLists } from '#src/tls/crl.ts';
import { loadServerTls, type ServerTlsOptions } from '#src/tls/server-tls.ts';
import {
  CA_EXTENSIONS,
  type IssuedCertificate,
  issueCertificate,
  issueCrl,
} from '../support/certificates.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
after(() => dir[Symbol.dispose]());

let client: IssuedCertificate;
let other: IssuedCertificate;
let ca: string;
before(async () => {
  [client, other] = await Promise.all([issueCertificate(dir), issueCertificate(dir)]);
  ca = readFileSync(client.caFile, 'utf8');
});

const load = (pem: string, authorities: readonly string[] = [ca], now = Date.now()) =>
  loadRevocationLists('tls.clientCrl', { pem }, authorities, now);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  assert.fail('the list was accepted');
}

const idOf = ({ cert }: IssuedCertificate): string => certificateId(new X509Certificate(cert).raw);

describe('revocation lists', () => {
  it('are accepted from the CA itself, and tell who is revoked', async () => {
    const none = load(await issueCrl(client));
    assert.deepEqual(none.revoked, new Set());
    const lists = load(await issueCrl(client, { revoked: [client] }));
    assert.deepEqual(lists.revoked, new Set([idOf(client)]));
    assert.ok(!lists.revoked.has(idOf(other)));
    assert.ok(lists.nextUpdate > Date.now() && lists.thisUpdate < Date.now());
  });

  it('are split: Node loads only the first of several in one text', async () => {
    const both = (await issueCrl(client)) + (await issueCrl(other));
    assert.equal(load(both).pem.length, 2);
    assert.equal(load(both, [ca, readFileSync(other.caFile, 'utf8')]).pem.length, 2);
  });

  it('are needed of every CA, because OpenSSL refuses everybody when one is missing', async () => {
    const own = await issueCrl(client);
    assert.match(
      refusal(() => load(own, [ca, other.cert])),
      /has no CRL of the CA "CN=test leaf"/,
    );
  });

  it('are refused when they have ended, begin later, or have no end', async () => {
    const message = refusal(() => load(current, [ca], Date.now() + 8 * 86_400_000));
    assert.match(message, /ended on .*every client would be refused.*-gencrl/);
    assert.match(
      refusal(() => load(current, [ca], Date.now() - 2 * 86_400_000)),
      /begins on .*clock/,
    );
    load(current);
  });

  it('are refused when another CA signed them under the same name', async () => {
    // Both CAs of these tests are called "test CA".
    const forged = await issueCrl(other);
    assert.match(
      refusal(() => load(forged)),
      /did not sign/,
    );
  });

  it('are refused when there is none, or when they are garbage', () => {
    assert.match(
      refusal(() => load(ca)),
      /holds no PEM CRL; an empty list would switch the check off/,
    );
    assert.match(
      refusal(() => load('-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----')),
      /cannot be parsed/,
    );
    assert.equal(
      (() => {
        try {
          load('');
        } catch (error) {
          return (error as ConfigError).code;
        }
        return 'accepted';
      })(),
      'ERR_OPTION_INVALID',
    );
  });

  it('count for a CA in the middle that clients bring themselves', async () => {
    const middle = await issueCertificate(dir, { extensions: CA_EXTENSIONS, issuer: client });
    const below = await issueCertificate(dir, { issuer: middle });
    const ofMiddle = await issueCrl(below, { revoked: [below] });
    const lists = load((await issueCrl(client)) + ofMiddle);
    assert.ok(lists.revoked.has(idOf(below)));
    // And their end is watched as that of the others.
    const later = Date.now() + 40 * 86_400_000;
    assert.match(
      refusal(() => load(ofMiddle, [ca], Date.now())),
      /has no CRL of the CA/,
    );
    assert.match(
      refusal(() => load(ofMiddle + ofMiddle, [middle.cert], later)),
      /ended on/,
    );
  });

  it('are verified with the padding of RSA-PSS where they are signed so', async () => {
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'];
    const key = dir.file('pss.key');
    const cert = dir.file('pss.pem');
    const run = (args: readonly string[]): void =>
      void execFileSync('openssl', args, { stdio: 'pipe', cwd: dir.path });
    run([
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-noenc',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=pss',
      '-days',
      '30',
    ]);
    writeFileSync(dir.file('pss.txt'), '');
    writeFileSync(
      dir.file('pss.cnf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${dir.file('pss.txt')}\ndefault_md=sha256\ndefault_crl_days=30\n`,
    );
    const crl = (digest: string): string => {
      const out = dir.file(`pss-${digest}.crl`);
      run([
        ...['ca', '-gencrl', '-config', dir.file('pss.cnf'), '-keyfile', key, '-cert', cert],
        ...['-md', digest, '-out', out, ...pss],
      ]);
      return readFileSync(out, 'utf8');
    };
    const authority = [readFileSync(cert, 'utf8')];
    for (const digest of ['sha256', 'sha384']) {
      assert.equal(load(crl(digest), authority).revoked.size, 0);
    }
    assert.match(
      refusal(() => load(crl('sha224'), authority)),
      /did not sign/,
    );
  });

  it('count for a CA in the middle as for a root', async () => {
    const middle = await issueCertificate(dir, { extensions: CA_EXTENSIONS, issuer: client });
    const below = await issueCertificate(dir, { issuer: middle });
    const lists = (await issueCrl(client)) + (await issueCrl(below, { revoked: [below] }));
    const { revoked } = load(lists, [ca, middle.cert]);
    assert.ok(revoked.has(idOf(below)) && !revoked.has(idOf(middle)));
  });

  let current: string;
  before(async () => {
    current = await issueCrl(client);
  });

  it('and a client CA are refused where no client certificate is asked for', () => {
    const options = {
      certFile: client.certFile,
      keyFile: client.keyFile,
      clientCertificates: 'none',
    };
    for (const extra of [{ clientCa: ca }, { clientCrl: current }]) {
      assert.match(
        refusal(() => loadServerTls('tls', { ...options, ...extra } as ServerTlsOptions)),
        /has no effect with clientCertificates "none"/,
      );
    }
    loadServerTls('tls', options as ServerTlsOptions);
  });
});
