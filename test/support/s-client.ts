import { spawn } from 'node:child_process';

/** What `openssl s_client` came to. */
export interface SClientResult {
  readonly code: number | null;
  /** stdout and stderr together. */
  readonly output: string;
}

/**
 * Connects with `openssl s_client` and waits for its end: on a refused handshake by itself, on an accepted one
 * because its input is closed.
 */
export function sClient(port: number, args: readonly string[]): Promise<SClientResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, OPENSSL_CONF: '' },
    });
    let output = '';
    const collect = (text: Buffer): void => {
      output += text.toString('latin1');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.end();
  });
}
