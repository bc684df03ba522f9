import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
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
      });
    }
    assert.equal(recorder.all.length, 1000);
    assert.equal(recorder.all[0]?.path, '/100');
  });
});
