import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { askToken, withSecret } from '../support/emulated.ts';
import { tempDir } from '../support/temp-dir.ts';

const CHROMIUM = '/usr/bin/chromium';
const PEER = 'test/peers/node_modules/playwright-core/package.json';
/** Where the pictures are kept; git ignores it. */
const ARTEFACTS = 'temp/emulator-page';

function checkInstalled(): void {
  assert.ok(existsSync(PEER), 'install playwright-core with: npm ci --prefix test/peers');
  assert.ok(existsSync(CHROMIUM), 'install Chromium with: apt-get install chromium');
}

type Rows = readonly (readonly string[])[];

interface Browser extends AsyncDisposable {
  step<T>(command: { readonly step: string } & Readonly<Record<string, unknown>>): Promise<T>;
}

/** A browser in a process of its own, which does one step after another. */
function startBrowser(origin: string): Browser {
  const home = tempDir();
  const child: ChildProcess = spawn(process.execPath, [resolve('test/peers/browse-emulator.mjs')], {
    env: { PATH: process.env['PATH'], HOME: home.path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  assert.ok(stdin !== null && stdout !== null);
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close');
  const send = (command: object): boolean => stdin.write(`${JSON.stringify(command)}\n`);
  send({ origin, executablePath: CHROMIUM });
  return {
    async step<T>(command: { readonly step: string }): Promise<T> {
      send(command);
      const { value, done } = await answers.next();
      assert.ok(done !== true, `the browser ended at the step "${command.step}"`);
      return JSON.parse(String(value)) as T;
    },
    [Symbol.asyncDispose]: async () => {
      stdin.end();
      await ended;
      home[Symbol.dispose]();
    },
  };
}

function start(): Promise<EntraEmulator> {
  const orders = 'api://orders';
  return startEntraEmulator({
    apis: [
      {
        name: 'orders',
        identifierUris: [orders],
        appRoles: ['Orders.Read', 'Orders.Write'],
        scopes: ['Orders.Approve'],
      },
    ],
    apps: [
      { name: 'order-desk', appRoles: { [orders]: ['Orders.Read', 'Orders.Write'] } },
      { name: 'newsletter', secrets: [{ value: 'past', expires: new Date(0) }] },
    ],
    users: [{ name: 'Ada Lovelace' }],
  });
}

interface Decoded {
  readonly verdict: string;
  readonly marks: Rows;
  readonly claims: Readonly<Record<string, unknown>>;
}

const marked = ({ marks }: Decoded, word: string): readonly (string | undefined)[] =>
  marks.filter((row) => row[1]?.includes(word)).map(([rule]) => rule);

async function takePictures(browser: Browser): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  for (const scheme of ['light', 'dark']) {
    for (const width of [1440, 420]) {
      const path = resolve(ARTEFACTS, `${scheme}-${width}.png`);
      const taken = { step: 'screenshot', path, scheme, width };
      const { overflow } = await browser.step<{ overflow: number }>(taken);
      assert.equal(overflow, 0, `${scheme} ${width} scrolls sideways`);
      assert.ok(statSync(path).size > 10_000);
    }
  }
}

describe('the page of the emulator in Chromium', () => {
  it('shows registrations, a failed sign-in as it happens, and which rules a token passes', async () => {
    checkInstalled();
    await using emulator = await start();
    await using browser = startBrowser(emulator.origin);
    const opened = await browser.step<{ title: string; apps: Rows; keys: Rows }>({ step: 'open' });
    assert.equal(opened.title, 'Entra emulator');
    assert.deepEqual(
      opened.apps.map(([name]) => name),
      ['order-desk', 'newsletter'],
    );
    assert.equal(opened.keys.length, 1);

    const good = withSecret(emulator, 'order-desk', 'api://orders/.default');
    await askToken(emulator, { ...good, client_secret: 'wrong-and-secret' });
    const failed = await browser.step<{ rows: Rows; last: string }>({
      step: 'sign-in',
      text: 'AADSTS7000215',
    });
    assert.match(failed.rows[0]?.join('|') ?? '', /Refused.*AADSTS7000215.*order-desk/s);
    assert.match(failed.last, /Refused for order-desk, AADSTS7000215/);
    assert.ok(!JSON.stringify(failed).includes('wrong-and-secret'));

    // Text of a request that would be markup, if it were not kept text.
    await askToken(emulator, { ...good, scope: '<img/src=x>/.default' });
    await browser.step({ step: 'sign-in', text: '<img/src=x>' });
    await askToken(emulator, good);
    await browser.step({ step: 'sign-in', text: 'Token issued' });
    const only = { step: 'filter', label: 'Only what went wrong' };
    await browser.step({ ...only, on: true, count: 2 });
    await browser.step({ ...only, on: false, count: 3 });

    const mint = { kind: 'app', api: 'orders', app: 'order-desk' } as const;
    const token = await emulator.issueToken(mint);
    const passed = await browser.step<Decoded>({ step: 'decode', token });
    assert.deepEqual(marked(passed, 'Fails'), []);
    assert.equal(passed.claims['azp'], emulator.app('order-desk').clientId);
    const expired = await emulator.issueToken({ ...mint, issuedSecondsAgo: 7200 });
    const refused = await browser.step<Decoded>({ step: 'decode', token: expired });
    assert.deepEqual(marked(refused, 'Fails'), ['T2']);
    assert.match(refused.verdict, /^Fails T2\./);

    await takePictures(browser);
    const outline = await browser.step<{ lang: string; unnamed: string[]; headings: number[] }>({
      step: 'outline',
    });
    assert.equal(outline.lang, 'en');
    assert.deepEqual(outline.unnamed, []);
    assert.deepEqual(outline.headings, [1, 2, 2, 2, 3, 3]);

    const end = await browser.step<{ complaints: string[]; foreign: string[] }>({ step: 'end' });
    // Not one script error, refused resource or request to anybody else.
    assert.deepEqual(end, { complaints: [], foreign: [] });
  });

  it('says so when the emulator has gone', async () => {
    checkInstalled();
    const emulator = await start();
    await using browser = startBrowser(emulator.origin);
    await browser.step({ step: 'open' });
    await emulator.close();
    const { live } = await browser.step<{ live: string }>({ step: 'lost' });
    assert.match(live, /Not connected/);
  });
});
