import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { askToken, outcome, withSecret } from '../support/emulated.ts';
import { tempDir } from '../support/temp-dir.ts';

const OPTIONS = {
  apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
  apps: [{ name: 'desk' }],
};

/** Starts, rotates and closes an emulator in a process of its own, whose temporary folder is watched. */
const PROGRAM = `
import { startEntraEmulator } from 'grpc-entra/emulator';
const emulator = await startEntraEmulator(${JSON.stringify(OPTIONS)});
await emulator.rotateSigningKey();
const foreign = await emulator.presentForeignCertificate();
await emulator.issueToken({ kind: 'app', api: 'orders', app: 'desk' });
foreign.restore();
await emulator.close();
console.log('ended by itself');
`;

describe('E1 the start', () => {
  it('E1 leaves no file behind, and nothing that keeps the process alive', async () => {
    using dir = tempDir();
    const home = dir.file('home');
    mkdirSync(home);
    const child = spawn(process.execPath, ['--input-type=module'], {
      env: { PATH: process.env['PATH'], TMPDIR: home, HOME: home },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(PROGRAM);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0);
    assert.equal(stdout, 'ended by itself\n');
    assert.deepEqual(readdirSync(home), []);
  });

  it('E1 gives each emulator keys and answers of its own after a rotation', async () => {
    await using first = await startEntraEmulator(OPTIONS);
    await using second = await startEntraEmulator(OPTIONS);
    await first.rotateSigningKey();
    for (const emulator of [first, second]) {
      const fields = withSecret(emulator, 'desk', 'api://orders/.default');
      assert.equal(outcome(await askToken(emulator, fields)), 0);
    }
    assert.notEqual(first.origin, second.origin);
  });
});

describe('E11 what the emulator needs', () => {
  it('E11 is jose and Node, and nothing else', () => {
    const specifiers = readdirSync('src/emulator', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...readFileSync(`src/emulator/${file}`, 'utf8').matchAll(/\bfrom '([^.'][^']*)'/g)].map(
          (match) => match[1] ?? '',
        ),
      );
    const foreign = new Set(specifiers.filter((specifier) => !specifier.startsWith('node:')));
    assert.deepEqual([...foreign], ['jose']);
  });
});
