import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const { bin, version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  bin: Record<string, string>;
  version: string;
};
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [bin['grpc-entra'] ?? '', ...args], { encoding: 'utf8' });

describe('the command grpc-entra', () => {
  it('can be run as a program', () => {
    assert.match(readFileSync(bin['grpc-entra'] ?? '', 'utf8'), /^#!\/usr\/bin\/env node\n/);
  });

  it('lists its commands, and passes on to them', () => {
    const help = run('--help');
    assert.equal(help.status, 0);
    assert.match(help.stdout, /certs[\s\S]*emulator/);
    assert.equal(run('--version').stdout, `${version}\n`);
    assert.match(run('certs', '--help').stdout, /grpc-entra certs/);
    assert.match(run('emulator', '--help').stdout, /grpc-entra emulator/);
  });

  it('says what was meant when there is no such command', () => {
    const wrong = run('emulater');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /error: no command "emulater"\nhint: did you mean "emulator"\?/);
    const none = run();
    assert.equal(none.status, 2);
    assert.match(none.stderr, /error: no command\nhint: usage/);
  });
});
