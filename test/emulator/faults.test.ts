import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, type Fault, startEntraEmulator } from 'grpc-entra/emulator';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { HttpsResponse } from '#src/core/https-request.ts';
import { aadstsByNumber, aadstsNumbers } from '#src/emulator/aadsts.ts';
import { askToken, issuedClaims, outcome, withSecret } from '../support/emulated.ts';
import { ask, json } from '../support/https.ts';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
    apps: [{ name: 'desk' }],
  });
});
after(() => emulator.close());

const token = (): Promise<HttpsResponse> =>
  askToken(emulator, withSecret(emulator, 'desk', 'api://orders/.default'));
const at = (path: string): Promise<HttpsResponse> =>
  ask(emulator.ca, `${emulator.origin}/${emulator.tenantId}${path}`);

/** Meets one token request with a fault, and shows that the next one is answered as ever. */
async function withFault(fault: Fault): Promise<HttpsResponse> {
  const injection = emulator.inject(fault);
  try {
    return await token();
  } finally {
    assert.equal(injection.met, 1);
    assert.equal(outcome(await token()), 0);
  }
}

describe('E6 faults that replace the answer', () => {
  for (const code of aadstsNumbers()) {
    it(`E5 refuses with AADSTS${code} on demand, in Entra's shape`, async () => {
      const response = await withFault({ kind: 'aadsts', code });
      const known = aadstsByNumber(code);
      assert.equal(response.status, known?.status);
      assert.equal(json(response)['error'], known?.error);
      assert.equal(outcome(response), code);
    });
  }

  it('E5 sends a claims challenge as text, with a suberror', async () => {
    const claims = { access_token: { capolids: { essential: true, values: ['one'] } } };
    const response = await withFault({ kind: 'aadsts', code: 53003, claims });
    assert.equal(json(response)['suberror'], 'message_only');
    assert.deepEqual(JSON.parse(String(json(response)['claims'])), claims);
  });

  it('T13 throttles as JSON and as plain text, and fails as HTML', async () => {
    const asJson = await withFault({ kind: 'throttled', retryAfterSeconds: 7 });
    assert.equal(asJson.status, 429);
    assert.equal(asJson.headers['retry-after'], '7');
    assert.equal(outcome(asJson), 90055);
    const asText = await withFault({ kind: 'throttled', body: 'text' });
    assert.equal(asText.status, 429);
    assert.equal(asText.headers['retry-after'], '60');
    assert.equal(asText.headers['content-type'], 'text/plain');
    assert.equal(String(asText.body), 'Too Many Requests');
    const html = await withFault({ kind: 'unavailable', status: 502 });
    assert.equal(html.status, 502);
    assert.match(String(html.headers['content-type']), /^text\/html/);
    assert.match(String(html.body), /^<!doctype html>/);
    const failed = await withFault({ kind: 'unavailable', body: 'json', retryAfterSeconds: 3 });
    assert.equal(failed.status, 503);
    assert.equal(failed.headers['retry-after'], '3');
    assert.equal(json(failed)['error'], 'temporarily_unavailable');
  });

  it('sends any answer', async () => {
    const response = await withFault({
      kind: 'answer',
      status: 302,
      headers: { location: 'https://elsewhere.example/' },
      body: 'moved',
    });
    assert.equal(response.status, 302);
    assert.equal(response.headers['location'], 'https://elsewhere.example/');
  });
});

describe('E6 faults that change the right answer', () => {
  it('replaces and removes members', async () => {
    const members = { expires_in: '299', refresh_in: 150, token_type: undefined };
    const body = json(await withFault({ kind: 'members', members }));
    assert.equal(body['expires_in'], '299');
    assert.equal(body['refresh_in'], 150);
    assert.ok(!('token_type' in body) && 'access_token' in body);
  });

  it('changes the token: lifetime, time, claims, key', async () => {
    const short = await withFault({ kind: 'token', token: { lifetimeSeconds: 600 } });
    assert.equal(json(short)['expires_in'], 599);
    const old = issuedClaims(
      await withFault({ kind: 'token', token: { issuedSecondsAgo: 7200, claims: { tid: 1 } } }),
    );
    assert.ok(Number(old['exp']) < Date.now() / 1000);
    assert.equal(old['tid'], 1);
    const document = json(await at('/discovery/v2.0/keys'));
    const keys = createLocalJWKSet(document as unknown as Parameters<typeof createLocalJWKSet>[0]);
    const forged = await withFault({ kind: 'token', token: { signingKey: 'forged' } });
    await assert.rejects(jwtVerify(String(json(forged)['access_token']), keys), {
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    const unknown = await withFault({ kind: 'token', token: { signingKey: 'unpublished' } });
    const { kid } = decodeProtectedHeader(String(json(unknown)['access_token']));
    assert.ok(typeof kid === 'string' && !JSON.stringify(document).includes(kid));
  });

  it('sends another content type, and half a body as if it were whole', async () => {
    const typed = await withFault({ kind: 'content-type', value: 'text/html' });
    assert.equal(typed.headers['content-type'], 'text/html');
    assert.equal(outcome(typed), 0);
    const cut = await withFault({ kind: 'truncated' });
    assert.equal(cut.status, 200);
    assert.throws(() => json(cut), SyntaxError);
  });

  it('breaks the connection before the answer and within it', async () => {
    for (const when of ['before-answer', 'mid-body'] as const) {
      await assert.rejects(withFault({ kind: 'reset', when }), { failure: 'network' });
    }
  });

  it('sends the right answer late, and drop by drop', async () => {
    assert.equal(outcome(await withFault({ kind: 'delayed', delayMs: 1 })), 0);
    const drops = { kind: 'dripped', chunkBytes: 500, everyMs: 0 } as const;
    assert.equal(outcome(await withFault(drops)), 0);
  });

  it('holds requests until it is released', async () => {
    const injection = emulator.inject({ kind: 'held' }, { times: 'all' });
    emulator.requests.clear();
    let answered = 0;
    const held = [token(), token()].map(async (response) => {
      assert.equal(outcome(await response), 0);
      answered += 1;
    });
    await emulator.requests.waitFor(() => emulator.requests.count('token') === 2);
    assert.equal(injection.met, 2);
    assert.equal(answered, 0);
    injection.release();
    await Promise.all(held);
    assert.equal(outcome(await token()), 0);
    assert.equal(injection.met, 2);
  });
});

describe('E6 which requests a fault meets', () => {
  it('meets as many as were named, of the endpoint that was named', async () => {
    using outage = emulator.inject({ kind: 'unavailable' }, { on: 'keys', times: 2 });
    assert.equal((await at('/v2.0/.well-known/openid-configuration')).status, 200);
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await at('/discovery/v2.0/keys')).status);
    assert.deepEqual(statuses, [503, 503, 200]);
    assert.equal(outage.met, 2);
  });

  it('meets only requests that satisfy its condition', async () => {
    using _fault = emulator.inject(
      { kind: 'aadsts', code: 50196 },
      { times: 'all', when: (request) => request.headers['user-agent'] === 'looping' },
    );
    const fields = withSecret(emulator, 'desk', 'api://orders/.default');
    const looping = await askToken(emulator, fields, { headers: { 'user-agent': 'looping' } });
    assert.equal(outcome(looping), 50196);
    assert.equal(outcome(await token()), 0);
  });

  it('meets requests in the order the faults were laid', async () => {
    emulator.inject({ kind: 'throttled' });
    emulator.inject({ kind: 'unavailable' });
    assert.deepEqual(
      [(await token()).status, (await token()).status, (await token()).status],
      [429, 503, 200],
    );
  });

  it('explains faults it cannot lay', () => {
    const bad: readonly (readonly [unknown, string])[] = [
      [{ kind: 'slow' }, 'ERR_OPTION_INVALID'],
      [{ kind: 'aadsts', code: 1 }, 'ERR_OPTION_INVALID'],
      [{ kind: 'delayed' }, 'ERR_OPTION_INVALID'],
      [{ kind: 'dripped', chunkBytes: 0, everyMs: 1 }, 'ERR_OPTION_INVALID'],
      [{ kind: 'reset', when: 'later' }, 'ERR_OPTION_INVALID'],
      [{ kind: 'held', delayMs: 1 }, 'ERR_OPTION_UNKNOWN'],
      [{ kind: 'token', token: { lifetime: 1 } }, 'ERR_OPTION_UNKNOWN'],
      [
        { kind: 'token', token: { claims: { iss: 'https://sts.windows.net/x/' } } },
        'ERR_EMULATOR_FORBIDDEN',
      ],
    ];
    for (const [fault, code] of bad) assert.throws(() => emulator.inject(fault as Fault), { code });
    assert.throws(() => emulator.inject({ kind: 'held' }, { times: 0 }), {
      code: 'ERR_OPTION_INVALID',
    });
  });
});

describe('E6 a certificate that is not to be trusted', () => {
  it('is presented until it is restored', async () => {
    const foreign = await emulator.presentForeignCertificate();
    await assert.rejects(token(), { failure: 'tls' });
    foreign.restore();
    assert.equal(outcome(await token()), 0);
  });
});
