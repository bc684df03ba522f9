import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The one line of JSON that `npm start -- --keep --json` prints. */
export interface ConnectionData {
  readonly orders: { readonly address: string; readonly caFile: string; readonly service: string };
  readonly emulator: {
    readonly authority: string;
    readonly caFile: string;
    readonly tenantId: string;
  };
  readonly audience: string;
  readonly scope: string;
  readonly apps: readonly {
    readonly name: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly roles: readonly string[];
  }[];
}

/** The stack, running. */
export interface KeptStack {
  readonly child: ChildProcess;
  readonly data: ConnectionData;
  readonly stdout: () => string;
}

/** Starts what `npm start -- --keep --json` starts, and collects its standard output. */
export async function keepRunning(): Promise<KeptStack> {
  const child = spawn(process.execPath, ['dist-examples/orders/start.js', '--keep', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // Unrelated to the service; it must make no difference.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: 'package.json' },
  });
  let stdout = '';
  child.stdout?.setEncoding('utf8');
  for await (const [text] of onData(child)) {
    stdout += text;
    if (stdout.includes('\n')) break;
  }
  child.stdout?.on('data', (text: string) => {
    stdout += text;
  });
  return { child, data: JSON.parse(stdout) as ConnectionData, stdout: () => stdout };
}

async function* onData(child: ChildProcess): AsyncGenerator<[string]> {
  for (;;) {
    assert.ok(child.stdout !== null);
    yield (await once(child.stdout, 'data')) as [string];
  }
}
