import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { ask, json } from '../support/https.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const ORDERS = 'api://orders';
const STOCK = 'api://stock';
// The punctuation that breaks clients which do not form-encode.
const SECRET = "s3cret+/=&~% '";

interface Client {
  readonly name: string;
  /** Whether it is installed; when not, its tests are skipped. */
  readonly installed: boolean;
  readonly command: readonly string[];
  readonly tasks: readonly string[];
  /** What it makes of a wrong secret. */
  readonly refusal: RegExp;
}

/** A Python that has msal: the first in the path may be another than the system's. */
function pythonWithMsal(): string | undefined {
  return ['python3', '/usr/bin/python3'].find((python) => {
    try {
      execFileSync(python, ['-c', 'import msal'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const python = pythonWithMsal();

const node = (script: string) => [
  process.execPath,
  '--import',
  './test/interop/loopback-only.mjs',
  `./test/interop/${script}`,
];

const clients: readonly Client[] = [
  {
    name: 'msal-node',
    installed: existsSync('node_modules/@azure/msal-node/package.json'),
    command: node('msal-node.mjs'),
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
  },
  {
    name: '@azure/identity',
    installed: existsSync('node_modules/@azure/identity/package.json'),
    command: node('azure-identity.mjs'),
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
  },
  {
    name: 'openid-client',
    installed: existsSync('node_modules/openid-client/package.json'),
    command: node('openid-client.mjs'),
    tasks: ['post', 'basic', 'certificate', 'onBehalfOf'],
    refusal: /invalid_client|server responded with an error/,
  },
  {
    name: 'Python msal',
    installed: python !== undefined,
    command: [python ?? 'python3', './test/interop/msal-python.py'],
    tasks: ['secret', 'certificate', 'certificateWithChain', 'assertion', 'onBehalfOf'],
    refusal: /AADSTS7000215/,
  },
];

type Results = Readonly<Record<string, { readonly token?: string; readonly message?: string }>>;

let emulator: EntraEmulator;
let directory: TempDir;
let input: Readonly<Record<string, unknown>>;

async function federatedAssertion() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] };
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer('https://cluster.example')
    .setSubject('desk')
    .setAudience('api://AzureADTokenExchange')
    .setExpirationTime('1h')
    .sign(privateKey);
  return { jwks, assertion };
}

function start(cert: string, federated: Awaited<ReturnType<typeof federatedAssertion>>) {
  const appRoles = { [ORDERS]: ['Orders.Read'] };
  return startEntraEmulator({
    apis: [
      {
        name: 'orders',
        identifierUris: [ORDERS],
        appRoles: ['Orders.Read'],
        scopes: ['Orders.Read'],
      },
      { name: 'stock', identifierUris: [STOCK], scopes: ['Stock.Read'] },
    ],
    apps: [
      { name: 'secret', secrets: [SECRET], appRoles },
      { name: 'certificate', certificates: [cert], appRoles },
      {
        name: 'federated',
        appRoles,
        federatedCredentials: [
          {
            issuer: 'https://cluster.example',
            subject: 'desk',
            keys: { from: 'document', jwks: federated.jwks },
          },
        ],
      },
      { name: 'middle', api: 'orders', delegatedScopes: { [STOCK]: ['Stock.Read'] } },
      { name: 'portal', delegatedScopes: { [ORDERS]: ['Orders.Read'] } },
    ],
    users: [{ name: 'Ada' }],
    managedIdentities: [{ name: 'machine', systemAssigned: true, appRoles }],
  });
}

/** Runs a program under nothing but what is said here, and returns what it printed. */
async function execute(
  [command = '', ...args]: readonly string[],
  stdin: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(command, args, {
    env: {
      PATH: process.env['PATH'],
      HOME: directory.path,
      NODE_EXTRA_CA_CERTS: directory.file('ca.pem'),
      ...env,
    },
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
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, stderr);
  return stdout;
}

async function run(client: Client, tasks: readonly string[]): Promise<Results> {
  const env = emulator.managedIdentityEnvironment('app-service');
  const stdout = await execute(client.command, JSON.stringify({ ...input, tasks }), env);
  return JSON.parse(stdout) as Results;
}

async function roleOrScope(token: string): Promise<unknown> {
  const path = `/${emulator.tenantId}/discovery/v2.0/keys`;
  const keys = json(await ask(emulator.ca, emulator.origin + path));
  const { payload } = await jwtVerify(
    token,
    createLocalJWKSet(keys as unknown as Parameters<typeof createLocalJWKSet>[0]),
    { issuer: `${emulator.origin}/${emulator.tenantId}/v2.0` },
  );
  return payload['roles'] ?? payload['scp'];
}

before(async () => {
  const [made, federated] = await Promise.all([
    createSelfSignedCertificate({ commonName: 'desk', hosts: [], key: 'rsa-2048', days: 2 }),
    federatedAssertion(),
  ]);
  emulator = await start(made.cert, federated);
  directory = tempDir();
  writeFileSync(directory.file('ca.pem'), emulator.ca);
  const { raw } = new X509Certificate(made.cert);
  const thumbprint = (algorithm: string) => createHash(algorithm).update(raw).digest('hex');
  const middle = emulator.app('middle');
  input = {
    origin: emulator.origin,
    tenantId: emulator.tenantId,
    scope: `${ORDERS}/.default`,
    otherScope: `${STOCK}/.default`,
    caFile: directory.file('ca.pem'),
    directory: directory.path,
    secret: { clientId: emulator.app('secret').clientId, value: SECRET },
    certificate: {
      clientId: emulator.app('certificate').clientId,
      key: made.key.reveal(),
      pem: made.cert,
      sha1: thumbprint('sha1'),
      sha256: thumbprint('sha256'),
    },
    federated: {
      clientId: emulator.app('federated').clientId,
      assertion: federated.assertion,
    },
    middle: {
      clientId: middle.clientId,
      secret: middle.clientSecret.reveal(),
      userToken: await emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal' }),
      scope: `${STOCK}/.default`,
    },
  };
});
after(async () => {
  await emulator.close();
  directory[Symbol.dispose]();
});

describe('E10 unmodified clients', () => {
  for (const client of clients) {
    const skip = client.installed ? false : `${client.name} is not installed`;

    it(`${client.name} obtains tokens every way it can, without leaving loopback`, {
      skip,
    }, async () => {
      const results = await run(client, client.tasks);
      for (const task of client.tasks) {
        const { token, message } = results[task] ?? {};
        assert.ok(token !== undefined, `${task}: ${message}`);
        const expected = task === 'onBehalfOf' ? 'Stock.Read' : ['Orders.Read'];
        // Nothing is granted on the second API, which shows that the second token is a new one.
        const granted = task === 'certificateTwice' ? undefined : expected;
        assert.deepEqual(await roleOrScope(token), granted, task);
      }
    });

    it(`${client.name} reports a wrong secret`, { skip }, async () => {
      const { wrongSecret } = await run(client, ['wrongSecret']);
      assert.equal(wrongSecret?.token, undefined);
      assert.match(String(wrongSecret?.message), client.refusal);
    });
  }
});

describe('E8 the printed settings', () => {
  const installed = (name: string) => clients.find((client) => client.name === name)?.installed;
  const nodeStdin = [...node('').slice(0, 3), '--input-type=module'];
  const cases = [
    ['msal-node', 'msal-node', nodeStdin, 'console.log(result.accessToken)'],
    ['azure-identity', '@azure/identity', nodeStdin, 'console.log(token.token)'],
    ['python-msal', 'Python msal', [python ?? 'python3'], 'print(result["access_token"])'],
  ] as const;
  for (const [printed, name, command, print] of cases) {
    const skip = installed(name) === true ? false : `${name} is not installed`;
    it(`of ${name} obtain a token`, { skip }, async () => {
      const settings = emulator.clientSettings(printed, {
        app: 'secret',
        api: 'orders',
        caFile: directory.file('ca.pem'),
      });
      const env = { AZURE_CLIENT_SECRET: SECRET };
      const token = await execute(command, `${settings}\n${print}\n`, env);
      assert.deepEqual(await roleOrScope(token.trim()), ['Orders.Read']);
    });
  }
});

describe('curl', () => {
  const installed = spawnSync('curl', ['--version']).error === undefined;
  const skip = installed ? false : 'curl is not installed';

  it('T11 sends a secret with special characters, in the body and as Basic', { skip }, async () => {
    const { clientId } = emulator.app('secret');
    const common = ['--silent', '--show-error', '--cacert', directory.file('ca.pem')];
    const fields = (given: Readonly<Record<string, string>>): readonly string[] =>
      Object.entries(given).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
    const grant = { grant_type: 'client_credentials', scope: `${ORDERS}/.default` };
    const url = `${emulator.origin}/${emulator.tenantId}/oauth2/v2.0/token`;
    const credentials = [
      fields({ client_id: clientId, client_secret: SECRET }),
      ['--user', `${clientId}:${encodeURIComponent(SECRET)}`],
    ];
    for (const credential of credentials) {
      const command = ['curl', ...common, ...fields(grant), ...credential, url];
      const body = JSON.parse(await execute(command, '', {})) as { access_token?: string };
      assert.deepEqual(await roleOrScope(String(body.access_token)), ['Orders.Read']);
    }
  });
});
