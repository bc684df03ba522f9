import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type EntraEmulator, type LogLine, startEntraEmulator } from 'grpc-entra/emulator';
import { RequestRecorder } from '#src/emulator/request-log.ts';
import { askToken, withSecret } from '../support/emulated.ts';
import { ask } from '../support/https.ts';

let emulator: EntraEmulator;
beforeEach(async () => {
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
    apps: [{ name: 'desk' }],
  });
});
afterEach(() => emulator.close());

const fields = () => withSecret(emulator, 'desk', 'api://orders/.default');
const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6Im9uZSJ9.eyJpc3MiOiJpc3N1ZXIifQ.c2lnbmF0dXJl';

describe('E7 the request log', () => {
  it('tells what was asked and how it was answered', async () => {
    await askToken(emulator, fields());
    await askToken(emulator, { ...fields(), client_secret: 'wrong' });
    await ask(emulator.ca, `${emulator.origin}/${emulator.tenantId}/discovery/v2.0/keys`);
    const [good, bad, keys] = emulator.requests.all;
    assert.equal(good?.endpoint, 'token');
    assert.equal(good.method, 'POST');
    assert.equal(good.path, `/${emulator.tenantId}/oauth2/v2.0/token`);
    assert.equal(good.form['grant_type'], 'client_credentials');
    assert.equal(good.status, 200);
    assert.equal(good.aadsts, undefined);
    assert.equal(bad?.status, 401);
    assert.equal(bad.aadsts, 7000215);
    assert.equal(keys?.endpoint, 'keys');
    assert.equal(emulator.requests.count(), 3);
    assert.equal(emulator.requests.count('token'), 2);
    assert.equal(
      emulator.requests.count((request) => request.status === 401),
      1,
    );
    emulator.requests.clear();
    assert.equal(emulator.requests.count(), 0);
  });

  it('holds no secret, assertion or token, wherever a client puts it', async () => {
    const secret = emulator.app('desk').clientSecret.reveal();
    const basic = Buffer.from(`id:${secret}`).toString('base64');
    const query = new URLSearchParams({ client_secret: secret, 'client-request-id': 'shown' });
    await askToken(
      emulator,
      { ...fields(), client_assertion: JWT, assertion: JWT, refresh_token: secret },
      {
        path: `/oauth2/v2.0/token?${query.toString()}`,
        headers: { authorization: `Basic ${basic}` },
      },
    );
    const [request] = emulator.requests.all;
    const shown = inspect(request, { depth: 9, showHidden: true }) + JSON.stringify(request);
    for (const hidden of [secret, encodeURIComponent(secret), basic, JWT, 'c2lnbmF0dXJl']) {
      assert.ok(!shown.includes(hidden));
    }
    assert.equal(request?.headers['authorization'], 'Basic [redacted]');
    assert.equal(request.form['client_secret'], '[redacted]');
    assert.match(request.path, /client-request-id=shown/);
  });

  it('shows assertions decoded, without their signature', async () => {
    await askToken(emulator, { client_assertion: JWT, assertion: 'text' });
    const [request] = emulator.requests.all;
    assert.deepEqual(request?.clientAssertion, {
      header: { alg: 'RS256', kid: 'one' },
      claims: { iss: 'issuer' },
    });
    assert.equal(request.userAssertion, undefined);
  });

  it('survives field names that mean something to JavaScript', async () => {
    await askToken(emulator, { ...fields(), constructor: 'x', ['__proto__']: 'y' });
    assert.equal(emulator.requests.all[0]?.form['constructor'], 'x');
    assert.equal(({} as Record<string, unknown>)['y'], undefined);
  });

  it('waits for a request that was or will be made', async () => {
    const next = emulator.requests.waitFor('token');
    await askToken(emulator, fields());
    assert.equal((await next).endpoint, 'token');
    assert.equal(await emulator.requests.waitFor('token'), await next);
  });

  it('stops waiting at an abort, and when the emulator closes', async () => {
    const abort = new AbortController();
    const aborted = emulator.requests.waitFor('token', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(aborted, /enough/);
    const closed = emulator.requests.waitFor('token');
    await Promise.all([assert.rejects(closed, { name: 'AbortError' }), emulator.close()]);
  });

  it('holds the latest thousand requests', () => {
    const recorder = new RequestRecorder();
    for (let n = 0; n < 1100; n++) {
      recorder.record({
        endpoint: 'other',
        at: new Date(0),
        method: 'GET',
        path: `/${n}`,
        headers: {},
        form: new URLSearchParams(),
        clientId: undefined,
        app: undefined,
        correlationId: 'one',
      });
    }
    assert.equal(recorder.all.length, 1000);
    assert.equal(recorder.all[0]?.path, '/100');
  });
});

describe('E7 the log in lines', () => {
  it('E7 has one for each request that is over: outcome, app, number, correlation id, library', async () => {
    emulator.requests.clear();
    const heard: LogLine[] = [];
    using _deaf = emulator.requests.watch(() => {
      throw new Error('a listener that fails');
    });
    using _heard = emulator.requests.watch((line) => heard.push(line));
    const good = withSecret(emulator, 'desk', 'api://orders/.default');
    const id = '6b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0101';
    const told = { 'x-client-SKU': 'MSAL.JS.Node', 'x-client-VER': '7', 'client-request-id': id };
    await askToken(emulator, { ...good, ...told });
    await askToken(emulator, { ...good, client_secret: 'wrong-and-secret' });
    emulator.inject({ kind: 'reset', when: 'before-answer' });
    await assert.rejects(askToken(emulator, good));
    emulator.inject({ kind: 'unavailable' });
    await askToken(emulator, good);
    assert.deepEqual(
      heard.map(({ outcome, status, aadsts }) => [outcome, status, aadsts]),
      [
        ['token', 200, null],
        ['refused', 401, 7000215],
        ['unfinished', null, null],
        ['failed', 503, null],
      ],
    );
    assert.deepEqual(emulator.requests.lines, heard);
    const [first, second] = heard;
    assert.equal(first?.app, 'desk');
    assert.equal(first?.clientId, emulator.app('desk').clientId);
    assert.equal(first?.correlationId, id);
    assert.equal(first?.client, 'MSAL.JS.Node 7');
    assert.equal(first?.credential, 'secret');
    assert.equal(first?.tenant, emulator.tenantId);
    assert.equal(second?.error, 'The client secret is wrong.');
    assert.equal(second?.number, (first?.number ?? 0) + 1);
    const text = JSON.stringify(heard);
    assert.ok(!text.includes('wrong-and-secret'));
    assert.ok(!text.includes(emulator.app('desk').clientSecret.reveal()));
  });

  it('E7 names an application that authenticates with Basic, and none that is not registered', async () => {
    const { clientId, clientSecret } = emulator.app('desk');
    const pair = [clientId, clientSecret.reveal()].map(encodeURIComponent).join(':');
    const fields = { grant_type: 'client_credentials', scope: 'api://orders/.default' };
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    emulator.requests.clear();
    await askToken(emulator, fields, { headers: { authorization } });
    await askToken(emulator, { ...fields, client_id: 'nobody', client_secret: 'x' });
    const [known, unknown] = emulator.requests.lines;
    assert.deepEqual([known?.app, known?.credential], ['desk', 'secret']);
    assert.deepEqual([unknown?.app, unknown?.clientId], [null, 'nobody']);
  });

  it('E7 stops telling those who no longer watch', async () => {
    let heard = 0;
    const watching = emulator.requests.watch(() => {
      heard += 1;
    });
    await askToken(emulator, {});
    watching[Symbol.dispose]();
    await askToken(emulator, {});
    assert.equal(heard, 1);
  });
});
