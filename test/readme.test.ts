import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type TempDir, tempDir } from './support/temp-dir.ts';

const run = promisify(execFile);

/** Two ports that are free now; the README's own may be taken. */
async function freePorts(): Promise<readonly number[]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}

/** Writes each block of the README whose first line names a file. */
function writeSnippets(dir: TempDir, ports: readonly number[]): readonly string[] {
  const readme = readFileSync('README.md', 'utf8');
  const written: string[] = [];
  for (const [, name = '', text = ''] of readme.matchAll(
    /```\w+\n(?:\/\/|#) (\S+)\n([\s\S]*?)```/g,
  )) {
    mkdirSync(dirname(dir.file(name)), { recursive: true });
    writeFileSync(
      dir.file(name),
      text.replaceAll('8443', String(ports[0])).replaceAll('8444', String(ports[1])),
    );
    written.push(name);
  }
  return written;
}

/** Installs what npm would: the package's own files, and its neighbours as links. */
function install(dir: TempDir): void {
  const modules = dir.file('node_modules');
  mkdirSync(join(modules, 'grpc-entra'), { recursive: true });
  for (const name of ['dist', 'proto/grpc_entra', 'certs/openssl.cnf', 'package.json']) {
    cpSync(name, join(modules, 'grpc-entra', name), { recursive: true });
  }
  for (const name of readdirSync('node_modules')) {
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  writeFileSync(dir.file('package.json'), '{ "type": "module", "private": true }');
}

/** Starts a program and waits for its first line. */
async function start(dir: TempDir, file: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [file], {
    cwd: dir.path,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  assert.ok(child.stdout !== null);
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => ['it ended']),
  ])) as [Buffer | string];
  return { child, line: String(line) };
}

describe('the README', () => {
  it('works as it stands: generate, compile, start, call', async () => {
    using dir = tempDir();
    install(dir);
    const names = writeSnippets(dir, await freePorts());
    assert.deepEqual(
      [...names].sort((a, b) => a.localeCompare(b)),
      [
        'buf.gen.yaml',
        'buf.yaml',
        'proto/orders/v1/orders.proto',
        'src/client.ts',
        'src/dev.ts',
        'src/server.ts',
        'tsconfig.json',
      ],
    );
    const bin = dir.file('node_modules/.bin');
    const options = {
      cwd: dir.path,
      env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
    };
    await run(join(bin, 'buf'), ['generate'], options);
    await run(join(bin, 'tsc'), [], options);
    const dev = await start(dir, 'dist/dev.js');
    try {
      assert.match(dev.line, /^emulator ready/);
      const server = await start(dir, 'dist/server.js');
      try {
        assert.match(server.line, /^listening on 127\.0\.0\.1:\d+/);
        const { stdout } = await run(process.execPath, ['dist/client.js'], { cwd: dir.path });
        assert.match(stdout, /^order 42 is on its way, says app [0-9a-f-]{36}\n$/);
      } finally {
        server.child.kill('SIGTERM');
        const [code] = (await once(server.child, 'exit')) as [number | null];
        assert.equal(code, 0);
      }
    } finally {
      dev.child.kill('SIGKILL');
    }
  });
});
