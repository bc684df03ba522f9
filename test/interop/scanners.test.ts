import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type KeptStack, keepRunning } from '../support/kept-stack.ts';

const run = promisify(execFile);
let stack: KeptStack;
let port = '';
before(async () => {
  stack = await keepRunning();
  port = stack.data.orders.address.split(':').at(-1) ?? '';
});
after(async () => {
  stack.child.kill('SIGTERM');
  await once(stack.child, 'exit');
});

const missing = (tool: string) => (cause: unknown) => {
  throw new Error(`hint: apt-get install ${tool}`, { cause });
};

describe('sslscan', () => {
  it('lists exactly the suites and groups of the profile', async () => {
    const { stdout } = await run('sslscan', ['--no-colour', `127.0.0.1:${port}`]).catch(
      missing('sslscan'),
    );
    const suites = [...stdout.matchAll(/^(?:Preferred|Accepted)\s+(\S+)\s+\d+ bits\s+(\S+)/gm)];
    assert.deepEqual(suites.map(([, version, suite]) => `${version} ${suite}`).sort(), [
      'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
      'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305',
      'TLSv1.3 TLS_AES_128_GCM_SHA256',
      'TLSv1.3 TLS_AES_256_GCM_SHA384',
      'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
    ]);
    for (const version of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) {
      assert.match(stdout, new RegExp(`${version.replace('.', '\\.')}\\s+disabled`));
    }
    const groups = [...stdout.matchAll(/^(TLSv1\.[23])\s+\d+ bits\s+(\S+)/gm)]
      .filter(([, version]) => version === 'TLSv1.3')
      .map(([, , group]) => group);
    assert.equal(groups.length, 3, stdout);
    assert.match(groups.join(' '), /secp256r1/);
    assert.match(groups.join(' '), /secp384r1/);
    assert.match(groups.join(' '), /x25519/i);
  });
});

describe('testssl.sh', () => {
  it('finds nothing wrong but that internal certificates name no list of revocations', async () => {
    const { stdout } = await run(
      'testssl',
      [
        ...['--color', '0', '--warnings', 'batch', '--ip', '127.0.0.1', '--nodns', 'none'],
        ...['--protocols', '--std', '--server-defaults', '--fs', '--vulnerable', '--quiet'],
        `localhost:${port}`,
      ],
      { maxBuffer: 16 * 1024 * 1024 },
    ).catch((error: unknown) => {
      // It exits with the number of findings.
      if (error instanceof Error && 'stdout' in error && String(error.stdout) !== '') {
        return { stdout: String(error.stdout) };
      }
      return missing('testssl.sh')(error);
    });
    const bad = stdout
      .split('\n')
      .filter((line) => /NOT ok|VULNERABLE/.test(line) && !/not vulnerable/.test(line));
    assert.deepEqual(
      bad.filter((line) => !/Chain of trust|NOT ok.*CRL|OCSP URI|neither CRL nor OCSP/i.test(line)),
      [],
      stdout,
    );
    assert.match(stdout, /Session Ticket RFC 5077 hint\s+no/i, stdout);
    assert.match(stdout, /TLS 1\.2\s+offered \(OK\)/);
    assert.match(stdout, /TLS 1\.3\s+offered \(OK\)/);
    assert.match(stdout, /TLS 1\.1\s+not offered/);
  });
});
