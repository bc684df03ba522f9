import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, type MintOptions, startEntraEmulator } from 'grpc-entra/emulator';
import { tokenReasons } from '#src/core/token-reason.ts';
import { pageDocument } from '#src/emulator/page/document.ts';
import type { Mark } from '#src/emulator/page/marks.ts';
import { palette } from '#src/emulator/page/style.ts';
import { askToken, withSecret } from '../support/emulated.ts';
import { ask, json } from '../support/https.ts';

const SECRET = 'a-secret-nobody-must-see';
let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [
      { name: 'orders', identifierUris: ['api://orders'], appRoles: ['Orders.Read'] },
      { name: 'legacy', identifierUris: ['api://legacy'], accessTokenVersion: 1 },
    ],
    apps: [
      { name: 'desk', secrets: [SECRET], appRoles: { 'api://orders': ['Orders.Read'] } },
      { name: 'late', secrets: [{ value: SECRET, expires: new Date(0) }] },
      { name: 'public', publicClient: true },
      { name: 'off', disabled: true },
    ],
    managedIdentities: [{ name: 'machine', systemAssigned: true }],
    users: [{ name: 'Ada' }],
  });
});
after(() => emulator.close());

type Headers = Readonly<Record<string, string>>;
const get = (path: string, headers: Headers = {}) =>
  ask(emulator.ca, emulator.origin + path, { headers });

function decode(token: unknown, headers: Headers = { 'content-type': 'application/json' }) {
  const body = JSON.stringify({ token });
  return ask(emulator.ca, `${emulator.origin}/emulator/decode`, { method: 'POST', headers, body });
}

async function marksOf(token: string): Promise<readonly Mark[]> {
  return json(await decode(token))['marks'] as readonly Mark[];
}

const mint = (changes: Partial<MintOptions> = {}): Promise<string> =>
  emulator.issueToken({ kind: 'app', api: 'orders', app: 'desk', ...changes });

const rulesWith = (marks: readonly Mark[], verdict: Mark['verdict']): readonly string[] =>
  marks.filter((mark) => mark.verdict === verdict).map(({ rule }) => rule);

describe('the page of the emulator', () => {
  it('runs nothing but its own script and style, whose hashes its policy names', async () => {
    const { status, headers, body } = await get('/');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    const html = body.toString('utf8');
    for (const tag of ['script', 'style']) {
      const [, text = ''] = new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`).exec(html) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), tag);
      assert.equal(html.split(`<${tag}`).length, 2, `one ${tag}`);
    }
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
  });

  it('needs no other file and nobody else', () => {
    assert.doesNotMatch(pageDocument, /(src|href)="(?!#|data:)/);
    assert.doesNotMatch(pageDocument, /https?:|url\(|@import|innerHTML|\son[a-z]+="/);
  });

  it('has a contrast of 4.5 to 1 for every text colour on both grounds', () => {
    const channel = (value: number): number =>
      value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const luminance = (colour: string): number => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) =>
        channel(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (const colours of Object.values(palette)) {
      for (const text of ['text', 'muted', 'accent', 'good', 'bad']) {
        for (const ground of ['ground', 'surface']) {
          const pair = [colours[text] ?? '', colours[ground] ?? ''].map(luminance);
          const [light = 0, dark = 0] = pair.sort((a, b) => b - a);
          assert.ok((light + 0.05) / (dark + 0.05) >= 4.5, `${text} on ${ground}`);
        }
      }
    }
  });

  it('is not part of the request log, and no fault meets it', async () => {
    emulator.requests.clear();
    using _fault = emulator.inject({ kind: 'unavailable' }, { on: 'other', times: 'all' });
    assert.equal((await get('/')).status, 200);
    assert.equal((await get('/emulator/state')).status, 200);
    assert.equal(emulator.requests.count(), 0);
    assert.equal((await get('/elsewhere')).status, 503);
    assert.equal(emulator.requests.count(), 1);
  });
});

/** Status under a name that is not the one of the connection: what a rebound DNS name comes to. */
async function statusUnder(host: string, path: string): Promise<number | undefined> {
  const request = httpsRequest(emulator.origin + path, {
    ca: emulator.ca,
    headers: { host },
    servername: 'localhost',
    agent: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.destroy();
  return response.statusCode;
}

describe('who the page is served to', () => {
  const paths = ['/', '/emulator/state', '/emulator/sign-ins', '/emulator/decode'];

  it('is nobody who came by another name, as a rebound DNS name would', async () => {
    const { port } = new URL(emulator.origin);
    for (const path of paths) {
      for (const host of [
        'evil.example',
        `evil.example:${port}`,
        'localhost',
        `127.0.0.2:${port}`,
      ]) {
        assert.equal(await statusUnder(host, path), 421, `${path} ${host}`);
      }
    }
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      assert.equal(await statusUnder(`${host}:${port}`, '/'), 200);
    }
  });

  it('is no page of another site', async () => {
    for (const path of paths) {
      assert.equal((await get(path, { origin: 'https://evil.example' })).status, 403, path);
    }
    assert.equal((await get('/emulator/state', { 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await get('/emulator/state', { 'sec-fetch-site': 'same-site' })).status, 403);
    const own = { origin: emulator.origin, 'sec-fetch-site': 'same-origin' };
    assert.equal((await get('/emulator/state', own)).status, 200);
    // A link on another site may lead here; it learns nothing.
    assert.equal((await get('/', { 'sec-fetch-site': 'cross-site' })).status, 200);
    const { headers } = await get('/emulator/state');
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  });

  it('must use the method of the address', async () => {
    const post = await ask(emulator.ca, `${emulator.origin}/`, { method: 'POST' });
    assert.deepEqual([post.status, post.headers['allow']], [405, 'GET']);
    const read = await get('/emulator/decode');
    assert.deepEqual([read.status, read.headers['allow']], [405, 'POST']);
  });
});

describe('what the page shows of the registrations', () => {
  it('is how applications sign in and what they may do, and no secret', async () => {
    const text = (await get('/emulator/state')).body.toString('utf8');
    assert.ok(!text.includes(SECRET));
    const state = JSON.parse(text) as {
      readonly apps: readonly { readonly name: string; readonly credentials: readonly string[] }[];
    };
    const credentials = Object.fromEntries(
      state.apps.map((app) => [app.name, app.credentials.join()]),
    );
    assert.deepEqual(credentials, {
      desk: 'secret',
      late: 'secret, until 1970-01-01',
      public: 'none: a public client',
      off: 'sign-in is disabled',
      machine: 'the managed identity endpoint',
    });
  });

  it('is which key signs, through a rotation', async () => {
    await using own = await startEntraEmulator({ apis: [], apps: [] });
    const uses = async (): Promise<readonly string[]> => {
      const state = json(await ask(own.ca, `${own.origin}/emulator/state`));
      return (state['keys'] as { readonly use: string }[]).map(({ use }) => use);
    };
    assert.deepEqual(await uses(), ['signs']);
    await own.announceSigningKey();
    assert.deepEqual(await uses(), ['next', 'signs']);
    await own.rotateSigningKey();
    assert.deepEqual(await uses(), ['signs', 'retired']);
  });
});

/** Opens the stream of sign-ins. */
async function openStream(headers: Headers = {}) {
  const request = httpsRequest(`${emulator.origin}/emulator/sign-ins`, {
    ca: emulator.ca,
    headers,
    agent: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks = response.setEncoding('utf8')[Symbol.asyncIterator]();
  let text = '';
  return {
    async until(part: string): Promise<string> {
      while (!text.includes(part)) {
        const { value, done } = await chunks.next();
        assert.equal(done, false, `the stream ended without ${part}`);
        text += String(value);
      }
      return text;
    },
    [Symbol.dispose]: () => {
      request.on('error', () => undefined);
      request.destroy();
    },
  };
}

describe('the sign-ins on the page', () => {
  it('come as they happen, and are resumed after the last one seen', async () => {
    emulator.requests.clear();
    const good = withSecret(emulator, 'desk', 'api://orders/.default');
    await askToken(emulator, good);
    let id: string | undefined;
    {
      using stream = await openStream();
      await stream.until('"outcome":"token"');
      await askToken(emulator, { ...good, client_secret: 'not-this-secret' });
      const text = await stream.until('"aadsts":7000215');
      assert.ok(!text.includes(SECRET) && !text.includes('not-this-secret'));
      id = /^id: (.*)$/m.exec(text)?.[1];
    }
    assert.ok(id !== undefined);
    using resumed = await openStream({ 'last-event-id': id });
    const rest = await resumed.until('"aadsts":7000215');
    assert.ok(!rest.includes('"outcome":"token"'));
    using anew = await openStream({ 'last-event-id': `another-emulator/${id.split('/')[1]}` });
    await anew.until('"outcome":"token"');
  });

  it('go to no more pages than anybody has open', async () => {
    await using own = await startEntraEmulator({ apis: [], apps: [] });
    const open = Array.from({ length: 33 }, () => {
      const request = httpsRequest(`${own.origin}/emulator/sign-ins`, { ca: own.ca, agent: false });
      request.on('error', () => undefined).end();
      return once(request, 'response') as Promise<[IncomingMessage]>;
    });
    const statuses = (await Promise.all(open)).map(([response]) => response.statusCode);
    assert.equal(statuses.filter((status) => status === 200).length, 32);
    assert.equal(statuses.filter((status) => status === 503).length, 1);
  });
});

describe('the token decoder', () => {
  it('passes a token as issued, v2.0 and v1.0, of an application and of a user', async () => {
    const tokens = await Promise.all([
      mint(),
      mint({ api: 'legacy', roles: ['Any'] }),
      mint({ kind: 'user', scopes: ['Orders.Read'] }),
    ]);
    for (const token of tokens) {
      const marks = await marksOf(token);
      assert.deepEqual(rulesWith(marks, 'fail'), []);
      assert.deepEqual(rulesWith(marks, 'unknown'), []);
    }
    assert.deepEqual(rulesWith(await marksOf(`Bearer ${tokens[0]}`), 'fail'), []);
  });

  const failures: readonly (readonly [string, Partial<MintOptions>, readonly string[]])[] = [
    ['expired', { issuedSecondsAgo: 7200 }, ['T2']],
    ['of the future', { issuedSecondsAgo: -7200 }, ['T3']],
    ['of two days', { lifetimeSeconds: 172_800 }, ['T4']],
    ['forged', { signingKey: 'forged' }, ['K3']],
    ['of an unknown key', { signingKey: 'unpublished' }, ['H4']],
    ['unsigned', { header: { alg: 'none' } }, ['S1', 'S2', 'H1', 'K3']],
    ['of another type', { header: { typ: 'dpop+jwt' } }, ['H2']],
    ['with a key of its own', { header: { jku: 'https://evil.example' } }, ['H6']],
    ['with an extension', { header: { crit: ['b64'] } }, ['H7']],
    ['of another issuer', { claims: { iss: 'https://example.com/v2.0' } }, ['I1']],
    [
      'of another tenant',
      { claims: { tid: '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14' } },
      ['I4', 'I5'],
    ],
    ['of another version', { claims: { ver: '1.0' } }, ['I2', 'C4']],
    ['for another API', { claims: { aud: '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14' } }, ['A3']],
    ['without an end', { claims: { exp: undefined } }, ['T1']],
    ['without a subject', { claims: { sub: undefined } }, ['C1']],
    ['without an object id', { claims: { oid: undefined } }, ['C2']],
    ['without a client', { claims: { azp: undefined } }, ['C4']],
    ['of a public client', { clientAuthentication: 'none' }, ['C5']],
    ['of an unknown kind', { claims: { idtyp: 'device' } }, ['C6']],
    ['of an application with scopes', { claims: { idtyp: 'app', scp: 'Orders.Read' } }, ['C6b']],
    ['for a sign-in', { claims: { nonce: 'x' } }, ['C7']],
    ['with roles as text', { claims: { roles: 'Orders.Read' } }, ['C11', 'Z1']],
    ['that may do nothing', { roles: [] }, ['Z1']],
  ];
  for (const [name, changes, rules] of failures) {
    it(`marks ${rules.join(', ')} for a token ${name}`, async () => {
      assert.deepEqual(rulesWith(await marksOf(await mint(changes)), 'fail'), rules);
    });
  }

  it('cannot tell the rest of what it cannot read', async () => {
    const marks = await marksOf('no token at all');
    assert.deepEqual(rulesWith(marks, 'pass'), []);
    assert.deepEqual(rulesWith(marks, 'fail'), ['S1', 'S2', 'S4']);
    const bound = await marksOf(await mint({ claims: { cnf: { 'x5t#S256': 'x' } } }));
    assert.deepEqual(rulesWith(bound, 'unknown'), ['P1']);
  });

  it('marks by the numbers that servers report, or rules that reject nothing by themselves', async () => {
    const known = new Set(Object.values(tokenReasons).map(({ rule }) => rule));
    const unknown = (await marksOf(await mint())).filter(({ rule }) => !known.has(rule));
    // I1 is reported as I4, and Z1 is decided by the rule of the method.
    assert.deepEqual(
      unknown.map(({ rule }) => rule),
      ['I1', 'Z1'],
    );
  });

  it('notes no claim, keeps no token and logs none', async () => {
    emulator.requests.clear();
    const token = await mint({ claims: { sub: 'a-value-of-a-claim', azp: 'another-value' } });
    const answer = json(await decode(token));
    assert.ok(!JSON.stringify(answer['marks']).includes('value'));
    assert.equal((answer['claims'] as { readonly sub: string }).sub, 'a-value-of-a-claim');
    assert.equal(emulator.requests.count(), 0);
  });

  it('takes JSON with a token and nothing else, so that no form of another site can send one', async () => {
    assert.equal((await decode('x', { 'content-type': 'text/plain' })).status, 400);
    assert.equal((await decode(7)).status, 400);
    assert.equal((await decode('x'.repeat(70_000))).status, 400);
    assert.equal((await decode('x'.repeat(20_000))).status, 200);
  });
});
