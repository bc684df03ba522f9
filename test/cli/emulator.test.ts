import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { clientSecret } from 'grpc-entra/client';
import type { LogLine } from 'grpc-entra/emulator';
import type { EmulatorReady } from '#src/cli/emulator-ready.ts';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { ask, json } from '../support/https.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const PROGRAM = 'dist/cli/emulator.js';
const SECRET = 'a-secret-of-the-file';
const CONFIG = {
  apis: [{ name: 'orders', identifierUris: ['api://orders'], appRoles: ['Orders.Read'] }],
  apps: [
    { name: 'desk', secrets: [SECRET], appRoles: { 'api://orders': ['Orders.Read'] } },
    { name: 'an odd/name' },
    { name: 'public', publicClient: true },
  ],
  managedIdentities: [{ name: 'machine', systemAssigned: true }],
};

function write(dir: TempDir, config: unknown): string {
  const file = dir.file('emulator.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

const emulator = (...args: readonly string[]) =>
  spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ready: EmulatorReady;
  /** The next line on standard output. */
  next(): Promise<LogLine & { readonly event: string }>;
  stderr(): string;
  /** Tells it to stop; resolves with its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

async function start(...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    assert.ok(done !== true, `it ended: ${stderr}`);
    return JSON.parse(String(value)) as T;
  };
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await closed)[0];
  };
  return {
    child,
    ready: await next<EmulatorReady>(),
    next,
    stderr: () => stderr,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop('SIGKILL')),
  };
}

describe('grpc-entra emulator', () => {
  it('serves what the file says, logs each request as a line, and stops without a trace', async () => {
    using dir = tempDir();
    await using running = await start('--config', write(dir, CONFIG));
    const { ready } = running;
    assert.equal(ready.event, 'ready');
    const [desk, odd, open] = ready.apps;
    assert.equal(readFileSync(desk?.secretFile ?? '', 'utf8'), SECRET);
    assert.match(odd?.secretFile ?? '', new RegExp(`/${odd?.clientId}\\.secret$`));
    assert.equal(open?.secretFile, null);
    assert.equal(statSync(desk?.secretFile ?? '').mode & 0o777, 0o600);
    assert.match(
      readFileSync(ready.managedIdentityFile ?? '', 'utf8'),
      /^export IDENTITY_ENDPOINT='/,
    );

    const credential = clientSecret({
      tenantId: ready.tenantId,
      clientId: desk?.clientId ?? '',
      secret: { fromFile: desk?.secretFile ?? '' },
      authority: { emulator: ready.origin, caFile: ready.caFile },
    });
    const token = await credential.getToken(ready.apis[0]?.scope ?? '');
    assert.ok(token !== null);
    const line = await running.next();
    assert.deepEqual([line.event, line.outcome, line.app], ['request', 'token', 'desk']);
    assert.ok(!JSON.stringify(line).includes(SECRET));

    const page = await ask(readFileSync(ready.caFile, 'utf8'), `${ready.origin}/`);
    assert.equal(page.status, 200);
    assert.equal(await running.stop('SIGTERM'), 0);
    assert.equal(existsSync(ready.caFile), false);
    assert.equal(existsSync(ready.caFile.replace(/\/[^/]*$/, '')), false);
  });

  it('prints settings of every client for people, and the same for programs', async () => {
    using dir = tempDir();
    await using running = await start('--config', write(dir, CONFIG), '--app', 'desk');
    const { ready } = running;
    assert.deepEqual(Object.keys(ready.settings), [
      'grpc-entra',
      'msal-node',
      'azure-identity',
      'python-msal',
      'environment',
    ]);
    assert.equal(await running.stop('SIGINT'), 0);
    const text = running.stderr();
    assert.match(text, /^emulator ready on https:\/\/localhost:\d+/);
    for (const settings of Object.values(ready.settings)) assert.ok(text.includes(settings.trim()));
    assert.match(text, /export AZURE_CLIENT_SECRET="\$\(cat '.*desk\.secret'\)"/);
    assert.ok(!text.includes(SECRET) && !JSON.stringify(ready).includes(SECRET));
  });

  it('with --json says nothing but lines of JSON', async () => {
    using dir = tempDir();
    const args = ['--config', write(dir, CONFIG), '--json', '--client', 'msal-node'];
    await using running = await start(...args);
    assert.deepEqual(Object.keys(running.ready.settings), ['msal-node']);
    assert.equal(await running.stop('SIGTERM'), 0);
    assert.equal(running.stderr(), '');
  });

  it('writes where it is told, and overwrites only when told', async () => {
    using dir = tempDir();
    const config = write(dir, CONFIG);
    const place = dir.file('place');
    mkdirSync(place);
    writeFileSync(dir.file('place/desk.secret'), "somebody else's");
    const refused = emulator('--config', config, '--dir', place);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /error: .*desk\.secret" cannot be written.*\nhint: remove it/);
    assert.deepEqual(readdirSync(place), ['desk.secret']);
    await using running = await start('--config', config, '--dir', place, '--force');
    assert.equal(readFileSync(dir.file('place/desk.secret'), 'utf8'), SECRET);
    assert.equal(await running.stop('SIGTERM'), 0);
    assert.deepEqual(readdirSync(place), []);
  });

  it('ends when nobody reads its lines any more', async () => {
    using dir = tempDir();
    await using running = await start('--config', write(dir, CONFIG), '--json');
    const { ready, child } = running;
    child.stdout?.destroy();
    const ended = once(child, 'exit') as Promise<[number | null]>;
    const ca = readFileSync(ready.caFile, 'utf8');
    await ask(ca, `${ready.origin}/nothing`).catch(() => undefined);
    assert.equal((await ended)[0], 0);
    assert.equal(existsSync(ready.caFile), false);
  });

  it('starts from its own example', async () => {
    using dir = tempDir();
    const example = emulator('--example');
    assert.equal(example.status, 0);
    await using running = await start('--config', write(dir, example.stdout), '--port', '0');
    assert.deepEqual(
      running.ready.apps.map(({ name }) => name),
      ['desk', 'portal'],
    );
    assert.equal(await running.stop('SIGTERM'), 0);
  });

  it('listens on the port it is given, and says when it is taken', async () => {
    using dir = tempDir();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    assert.ok(typeof address === 'object' && address !== null);
    const result = emulator('--config', write(dir, { ...CONFIG, port: address.port }));
    assert.equal(result.status, 1);
    assert.match(
      result.stderr,
      /error: the emulator cannot listen on port \d+\nhint: choose another/,
    );
    taken.close();
  });
});

describe('the command line of the emulator', () => {
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'no configuration',
      [],
      /error: no configuration is named\nhint: grpc-entra emulator --example/,
    ],
    ['an unknown option', ['--confg', 'x'], /error: .*--confg.*\nhint: usage/],
    ['a port that is none', ['--config', 'x', '--port', '99999'], /error: --port must be/],
    [
      'an unknown client',
      ['--config', 'x', '--client', 'msal'],
      /error: no settings for a client "msal"/,
    ],
    ...['0.0.0.0', '::', '192.168.0.7', 'example.com', 'localhost.example.com'].map(
      (host) =>
        [
          `the host ${host}, which others could reach`,
          ['--config', 'x', '--host', host],
          /error: the emulator does not listen on ".*": whoever reaches it can have any token\nhint: /,
        ] as const,
    ),
  ];
  for (const [name, args, message] of wrong) {
    it(`explains ${name}`, () => {
      const result = emulator(...args);
      assert.equal(result.status, 2);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, '');
    });
  }

  it('takes the names of this machine', async () => {
    using dir = tempDir();
    const config = write(dir, CONFIG);
    for (const host of ['localhost', '127.0.0.1']) {
      await using running = await start('--config', config, '--host', host, '--json');
      assert.match(running.ready.origin, /^https:\/\/localhost:/);
    }
  });

  it('shows its options on request', () => {
    assert.match(emulator('--help').stdout, /--config FILE/);
  });

  it('explains names that are not registered', () => {
    using dir = tempDir();
    const result = emulator('--config', write(dir, CONFIG), '--app', 'disk');
    assert.equal(result.status, 1);
    assert.match(result.stderr, /error: the emulator has no app "disk"\nhint: it has "desk"/);
  });
});

describe('the configuration of the emulator', () => {
  const app = (members: object) => ({ ...CONFIG, apps: [{ name: 'desk', ...members }] });
  const federated = (keys: object) =>
    app({ federatedCredentials: [{ issuer: 'https://a.example', subject: 's', keys }] });
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', '{\n  "apis": [],\n}', /emulator\.json is not valid JSON at line 3, column 1/],
    ['a list', [], /error: emulator\.json must be an object with apis, apps/],
    ['a missing list', { apis: [] }, /emulator\.json: apps is missing\nhint: give a list/],
    [
      'a misspelt name',
      { ...CONFIG, user: [] },
      /emulator\.json: unknown option "user", did you mean "users"\?/,
    ],
    [
      'a misspelt name within',
      app({ secret: [] }),
      /emulator\.json: apps\[0\]: unknown option "secret", did you mean "secrets"\?/,
    ],
    [
      'a secret that is a number',
      app({ secrets: [7] }),
      /emulator\.json: apps\[0\]\.secrets\[0\] must be an object with value, file, expires; found 7/,
    ],
    [
      'a date that is none',
      app({ secrets: [{ value: SECRET, expires: 'soon' }] }),
      /apps\[0\]\.secrets\[0\]\.expires must be a time such as "2027-01-31T00:00:00Z"; found a string/,
    ],
    [
      'a secret twice',
      app({ secrets: [{ value: SECRET, file: 'x' }] }),
      /apps\[0\]\.secrets\[0\] must have either "value" or "file"/,
    ],
    [
      'a file that is not there',
      app({ secrets: [{ file: 'missing.secret' }] }),
      /secrets\[0\]\.file: "missing\.secret" cannot be read\nhint: paths start from/,
    ],
    [
      'roles that are no list',
      app({ appRoles: { 'api://orders': 'Orders.Read' } }),
      /apps\[0\]\.appRoles\["api:\/\/orders"\] must be a list; found a string/,
    ],
    ['keys from nowhere', federated({}), /federatedCredentials\[0\]\.keys must have one of/],
    [
      'keys without url, with caFile',
      federated({ document: { keys: [] }, caFile: 'x' }),
      /keys\.caFile goes with "url"/,
    ],
    ['a port as text', { ...CONFIG, port: '8444' }, /emulator\.json: port must be a number/],
    ['a role nobody defines', app({ appRoles: { 'api://orders': ['Other'] } }), /has no "Other"/],
  ];
  for (const [name, config, message] of cases) {
    it(`explains ${name}`, () => {
      using dir = tempDir();
      const result = emulator('--config', write(dir, config));
      assert.equal(result.status, 1);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, '');
      assert.ok(!result.stderr.includes(SECRET));
    });
  }

  it('explains a file that is not there', () => {
    const result = emulator('--config', 'nowhere.json');
    assert.equal(result.status, 1);
    assert.match(
      result.stderr,
      /error: "nowhere\.json" cannot be read\nhint: write one with --example/,
    );
  });

  it('reads certificates, secrets and keys from files beside it', async () => {
    using dir = tempDir();
    const { cert } = await createSelfSignedCertificate({
      commonName: 'desk',
      hosts: [],
      key: 'rsa-2048',
      days: 2,
    });
    writeFileSync(dir.file('desk.pem'), cert);
    writeFileSync(dir.file('desk.txt'), `${SECRET}\n`);
    writeFileSync(dir.file('keys.json'), '{"keys":[]}');
    const issuer = { issuer: 'https://a.example', subject: 's' };
    const config = write(dir, {
      apis: CONFIG.apis,
      apps: [
        {
          name: 'desk',
          secrets: [{ file: 'desk.txt', expires: '2100-01-01' }],
          certificateFiles: ['desk.pem'],
          federatedCredentials: [
            { ...issuer, keys: { file: 'keys.json' } },
            {
              ...issuer,
              subject: 't',
              keys: { url: 'https://a.example/keys', caFile: 'desk.pem' },
            },
            { ...issuer, subject: 'u', keys: { document: { keys: [{ kty: 'RSA', x5c: ['x'] }] } } },
          ],
        },
      ],
    });
    await using running = await start('--config', config, '--json');
    const [desk] = running.ready.apps;
    assert.equal(readFileSync(desk?.secretFile ?? '', 'utf8'), SECRET);
    const ca = readFileSync(running.ready.caFile, 'utf8');
    const state = json(await ask(ca, `${running.ready.origin}/emulator/state`));
    const [registered] = state['apps'] as readonly { readonly credentials: readonly string[] }[];
    assert.equal(registered?.credentials.length, 5);
  });
});
