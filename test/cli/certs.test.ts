import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { tempDir } from '../support/temp-dir.ts';

const certs = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['dist/cli/certs.js', ...args], { encoding: 'utf8' });

describe('npm run certs', () => {
  it('makes, issues, revokes and lists, and says what it did', () => {
    using dir = tempDir();
    const at = ['--dir', dir.path];
    const made = certs(...at);
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout, /made .*server\.pem/);
    assert.equal(certs(...at).stdout, 'everything is there and valid\n');
    const client = certs('client', 'billing', ...at, '--json');
    const { certFile } = JSON.parse(client.stdout) as { certFile: string };
    assert.ok(existsSync(certFile));
    const revoked = certs('revoke', certFile, '--reason', 'superseded', ...at);
    assert.match(revoked.stdout, /revoked .*billing\.pem\nmade .*crl\.pem\n/);
    assert.deepEqual(JSON.parse(certs('crl', ...at, '--json').stdout), {
      crlFile: dir.file('crl.pem'),
    });
  });

  const wrong: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['an unknown command', ['remove'], 2, /error: no command "remove"\nhint: usage/],
    ['an unknown option', ['--hots', 'x'], 2, /error: .*--hots/],
    ['a missing operand', ['revoke'], 2, /error: revoke needs FILE/],
    ['an operand too many', ['crl', 'x'], 2, /error: crl takes no operand/],
    ['a folder without a CA', ['crl', '--dir', 'nowhere'], 1, /error: .*\nhint: make one first/],
  ];
  for (const [name, args, status, message] of wrong) {
    it(`explains ${name}`, () => {
      const result = certs(...args);
      assert.equal(result.status, status);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, '');
    });
  }

  it('shows its commands on request', () => {
    assert.match(certs('--help').stdout, /revoke FILE/);
  });
});
