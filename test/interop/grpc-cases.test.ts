import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createDevelopmentCertificates, type DevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { cases } from '../grpc-interop/cases.ts';
import { tempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);
const dir = tempDir();
let files: DevelopmentCertificates;

interface InteropServer {
  readonly port: string;
  readonly token: string;
  stop(): Promise<void>;
}

async function startServer(...flags: readonly string[]): Promise<InteropServer> {
  const { serverCertFile, serverKeyFile } = files;
  const child: ChildProcess = spawn(
    process.execPath,
    [
      'dist-test/grpc-interop/server.js',
      '--cert',
      serverCertFile,
      '--key',
      serverKeyFile,
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  assert.ok(child.stdout !== null);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { address, token } = JSON.parse(String(line)) as { address: string; token: string };
  return {
    port: address.slice(address.lastIndexOf(':') + 1),
    token,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      assert.equal(code, 0);
    },
  };
}

let server: InteropServer;
before(async () => {
  files = await createDevelopmentCertificates({ directory: dir.path });
  server = await startServer();
});
after(async () => {
  await server.stop();
  dir[Symbol.dispose]();
});

/** gRPC's own client, where Debian's ruby-grpc keeps it. */
function rubyClient(): string {
  const listed = execFileSync('dpkg', ['-L', 'ruby-grpc'], { encoding: 'utf8' });
  const file = listed.split('\n').find((line) => line.endsWith('/pb/test/client.rb'));
  assert.ok(file !== undefined, 'install it with: apt-get install ruby-grpc');
  return file;
}

/**
 * Every case the Ruby client has, but those for Google's own credentials and those that look for compressed messages,
 * which grpc-js does not tell a server about.
 */
const RUBY_CASES = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'timeout_on_sleeping_server',
  'empty_stream',
  'cancel_after_begin',
  'cancel_after_first_response',
  'unimplemented_method',
  'unimplemented_service',
  'status_code_and_message',
  'custom_metadata',
];

describe("gRPC's interoperability cases", () => {
  for (const name of RUBY_CASES) {
    it(`Ruby's client passes ${name} with a bearer token`, async () => {
      const { stdout } = await run(
        'ruby',
        [
          'test/interop/ruby_client.rb',
          rubyClient(),
          '--server_host=localhost',
          `--server_port=${server.port}`,
          '--use_tls=true',
          `--test_case=${name}`,
        ],
        {
          env: {
            PATH: process.env['PATH'],
            HOME: dir.path,
            TOKEN: server.token,
            CA_FILE: files.caFile,
          },
          timeout: 60_000,
        },
      );
      assert.match(stdout, new RegExp(`OK: ${name}`));
    });
  }

  it("Ruby's client is refused with another token", async () => {
    await assert.rejects(
      run(
        'ruby',
        [
          'test/interop/ruby_client.rb',
          rubyClient(),
          '--server_host=localhost',
          `--server_port=${server.port}`,
          '--use_tls=true',
          '--test_case=empty_unary',
        ],
        {
          env: {
            PATH: process.env['PATH'],
            HOME: dir.path,
            TOKEN: `${server.token}x`,
            CA_FILE: files.caFile,
          },
          timeout: 60_000,
        },
      ),
      /Unauthenticated/,
    );
  });

  const clientRun = (port: string, ...flags: readonly string[]) =>
    run(
      process.execPath,
      [
        'dist-test/grpc-interop/client.js',
        '--server_port',
        port,
        '--ca_file',
        files.caFile,
        ...flags,
      ],
      { timeout: 60_000 },
    );

  it('our client passes all of them, with a token', async () => {
    const tokenFile = dir.file('token');
    writeFileSync(tokenFile, server.token);
    assert.ok(readFileSync(tokenFile, 'utf8').length > 0);
    const { stdout } = await clientRun(server.port, '--token_file', tokenFile);
    const passed = stdout.split('\n').filter((line) => line.startsWith('passed: '));
    assert.equal(passed.length, Object.keys(cases).length, stdout);
  });

  it('our client passes them without a token where the server is public, and only there', async () => {
    const open = await startServer('--public');
    try {
      const { stdout } = await clientRun(open.port);
      assert.ok(!stdout.includes('FAILED'), stdout);
    } finally {
      await open.stop();
    }
    await assert.rejects(clientRun(server.port, '--test_case', 'empty_unary'), (error) => {
      assert.match(String((error as { stdout?: string }).stdout), /FAILED: empty_unary/);
      return true;
    });
  });
});
