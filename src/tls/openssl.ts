import { spawn } from 'node:child_process';
import { ConfigError } from '../core/errors.ts';

/** One run of the openssl command. */
export interface OpensslOptions {
  /** Written to its standard input. */
  readonly input?: string;
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const INSTALL_HINT =
  'install OpenSSL 3: "apt-get install openssl" on Debian and Ubuntu, "brew install openssl@3" on macOS (and put it first in PATH), ' +
  '"winget install ShiningLight.OpenSSL" on Windows';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function spawnOpenssl(args: readonly string[], options: OpensslOptions): Promise<Result> {
  const env = { ...process.env, ...options.env };
  // A configuration from elsewhere could change extensions and digests behind our back.
  delete env['OPENSSL_CONF'];
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', args, { cwd: options.cwd, env, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    // A command that does not read its input closes it early; its exit code says what matters.
    child.stdin.on('error', () => {});
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}

/** The last lines openssl wrote, which say what went wrong; it never writes key material to stderr. */
function lastLines(stderr: string): string {
  return stderr.trim().split('\n').slice(-2).join(' ').slice(0, 300);
}

/**
 * Runs the openssl command with an argument array; no shell is involved.
 *
 * @returns What it wrote to standard output.
 * @throws ConfigError `ERR_OPENSSL_UNUSABLE` when it is missing or fails, with its own last words.
 */
export async function runOpenssl(
  args: readonly string[],
  options: OpensslOptions = {},
): Promise<string> {
  const result = await spawnOpenssl(args, options).catch((cause: unknown) => {
    throw new ConfigError(
      'ERR_OPENSSL_UNUSABLE',
      `the openssl command cannot be run; ${INSTALL_HINT}`,
      {
        cause,
      },
    );
  });
  if (result.code !== 0) {
    throw new ConfigError(
      'ERR_OPENSSL_UNUSABLE',
      `openssl ${args[0] ?? ''} failed: ${lastLines(result.stderr)}`,
    );
  }
  return result.stdout;
}

/**
 * Checks that the openssl command is OpenSSL 3 or newer. macOS ships LibreSSL under the same name, which knows some
 * of the options and silently makes other certificates.
 *
 * @returns Its version, for example `3.0.19`.
 * @throws ConfigError `ERR_OPENSSL_UNUSABLE` naming what was found and how to install the right one.
 */
export async function checkOpenssl(): Promise<string> {
  const banner = (await runOpenssl(['version'])).trim();
  const match = /^OpenSSL (\d+)\.(\d+\.\d+\S*)/.exec(banner);
  const major = Number(match?.[1] ?? 0);
  if (match === null || major < 3) {
    throw new ConfigError(
      'ERR_OPENSSL_UNUSABLE',
      `the openssl command is ${banner.slice(0, 60) || 'unknown'}, wanted OpenSSL 3 or newer; ${INSTALL_HINT}`,
    );
  }
  return `${match[1]}.${match[2]}`;
}
