import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
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

describe('E1 the end', () => {
  it('E1 settles everything under load, and gives its port back', async () => {
    const emulator = await startEntraEmulator(OPTIONS);
    const port = Number(new URL(emulator.origin).port);
    const path = `${emulator.origin}/${emulator.tenantId}/oauth2/v2.0/token`;
    // Held for ever, dripped, half sent, streamed and plain, all at once.
    emulator.inject({ kind: 'held' }, { times: 20 });
    emulator.inject({ kind: 'dripped', chunkBytes: 1, everyMs: 1000 }, { times: 20 });
    const body = new URLSearchParams(
      Object.entries(withSecret(emulator, 'desk', 'api://orders/.default')).map(
        ([name, value]) => [name, value ?? ''] as [string, string],
      ),
    ).toString();
    const settled = Array.from({ length: 100 }, (_, index) => {
      const options = { ca: emulator.ca, agent: false } as const;
      const request =
        index % 10 === 0
          ? httpsRequest(`${emulator.origin}/emulator/sign-ins`, options)
          : httpsRequest(path, { ...options, method: 'POST' });
      const closed = new Promise<void>((resolve) => void request.once('close', resolve));
      request
        .on('error', () => undefined)
        .on('response', (response) => {
          response.on('error', () => undefined).resume();
        });
      if (index % 10 === 1)
        request.setHeader('content-length', body.length).write(body.slice(0, 10));
      else if (request.method === 'POST') request.end(body);
      else request.end();
      return closed;
    });
    await emulator.requests.waitFor(() => emulator.requests.count('token') >= 40);
    await emulator.close();
    await Promise.all(settled);
    await using again = await startEntraEmulator({ ...OPTIONS, port });
    assert.equal(again.origin, emulator.origin);
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
