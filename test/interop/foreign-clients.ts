import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the scripts are that import foreign packages: Node looks for packages from there. */
const PEERS = resolve('test/peers');
const NODE_24 = `${PEERS}/node_modules/node-24/bin/node`;

/** Somebody else's client, as published. */
export interface ForeignClient {
  readonly name: string;
  /** Program and arguments; it reads its tasks from standard input. */
  readonly command: readonly string[];
  /** The interpreter alone, reading a script from standard input. */
  readonly interpreter: readonly string[];
  /** Ways to obtain a token. */
  readonly tasks: readonly string[];
  /** What it makes of a wrong secret. */
  readonly refusal: RegExp;
  /** Whether it can be run. */
  readonly installed: () => boolean;
  /** Command that installs it. */
  readonly install: string;
}

/** What a program came to. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const runs = (command: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** A Python that has msal: the first in the path may be another than the system's. */
const python =
  ['python3', '/usr/bin/python3'].find((name) => runs(name, '-c', 'import msal')) ?? 'python3';

function nodeClient(
  packageName: string,
  script: string,
  program: string,
  rest: Pick<ForeignClient, 'tasks' | 'refusal'>,
): ForeignClient {
  const guarded = [program, '--import', `${PEERS}/loopback-only.mjs`];
  return {
    name: packageName,
    command: [...guarded, `${PEERS}/${script}`],
    interpreter: [...guarded, '--input-type=module'],
    installed: () =>
      existsSync(`${PEERS}/node_modules/${packageName}/package.json`) && existsSync(program),
    install: 'npm ci --prefix test/peers',
    ...rest,
  };
}

/** Every foreign client that the emulator is proven with. */
export const foreignClients: readonly ForeignClient[] = [
  nodeClient('@azure/msal-node', 'msal-node.mjs', process.execPath, {
    tasks: [
      'secret',
      'certificate',
      'certificateWithChain',
      'certificateOfOld',
      'certificateTwice',
      'assertion',
      'onBehalfOf',
      'managedIdentity',
    ],
    refusal: /AADSTS7000215/,
  }),
  // It declares Node 22 or later.
  nodeClient('@azure/identity', 'azure-identity.mjs', NODE_24, {
    tasks: [
      'secret',
      'certificate',
      'certificateWithChain',
      'assertion',
      'workloadIdentity',
      'onBehalfOf',
      'managedIdentity',
      'environment',
    ],
    refusal: /AADSTS7000215/,
  }),
  nodeClient('openid-client', 'openid-client.mjs', process.execPath, {
    tasks: ['post', 'basic', 'certificate', 'onBehalfOf'],
    refusal: /invalid_client|server responded with an error/,
  }),
  {
    name: 'Python msal',
    command: [python, resolve('test/interop/msal-python.py')],
    interpreter: [python],
    tasks: ['secret', 'certificate', 'certificateWithChain', 'assertion', 'onBehalfOf'],
    refusal: /AADSTS7000215/,
    installed: () => runs(python, '-c', 'import msal'),
    install: 'apt-get install python3-msal',
  },
];

/**
 * Finds a client, and sees to it that it can be run: a test that passes without its peer proves nothing.
 *
 * @throws Error naming the command that installs it.
 */
export function foreignClient(
  name: string,
  clients: readonly ForeignClient[] = foreignClients,
): ForeignClient {
  const client = clients.find((candidate) => candidate.name === name);
  if (client === undefined) throw new Error(`no foreign client is called ${name}`);
  if (!client.installed()) {
    throw new Error(`${name} is not installed; install it with: ${client.install}`);
  }
  return client;
}

/** Runs a program in the folder of the peers, under nothing but the environment given here. */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  stdin: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: PEERS,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A program that ends without reading is judged by its exit code, not by a broken pipe.
  child.stdin.on('error', () => undefined).end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
