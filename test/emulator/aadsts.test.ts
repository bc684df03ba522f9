import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import type { HttpsResponse } from '#src/core/https-request.ts';
import { aadstsByNumber, aadstsNumbers } from '#src/emulator/aadsts.ts';
import { askToken, outcome, withSecret } from '../support/emulated.ts';
import { ask, json } from '../support/https.ts';

const NOW = Date.UTC(2026, 8, 8, 23, 26, 54, 321);
const CORRELATION = '6b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0101';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
    apps: [{ name: 'desk' }],
    clock: { now: () => NOW, monotonic: () => 0 },
  });
});
after(() => emulator.close());

/** Section 1.8 of the wire specification, written down a second time: status and OAuth code of each number. */
const TABLE: readonly (readonly [readonly number[], number, string])[] = [
  [[7000215, 7000222, 7000216, 7000218], 401, 'invalid_client'],
  [[700016, 700038, 7000112], 400, 'unauthorized_client'],
  [[90002, 900023, 50059, 90019, 50194, 9001023], 400, 'invalid_request'],
  [[500011], 400, 'invalid_resource'],
  [[1002012, 70011, 28000, 700022], 400, 'invalid_scope'],
  [[901002, 900144], 400, 'invalid_request'],
  [[70003], 400, 'unsupported_grant_type'],
  [[700025, 700027, 700030, 700024, 700023, 700021, 50012, 50027], 401, 'invalid_client'],
  [[70021, 700211, 700212, 700213, 7002138], 401, 'invalid_client'],
  [[501051, 53003, 530035, 65001, 50013, 500131, 500133, 7000114], 400, 'invalid_grant'],
  [[7000113], 400, 'unauthorized_client'],
  [[50076, 50079, 50158], 400, 'interaction_required'],
  [[90038, 900382, 900432, 900439], 400, 'invalid_request'],
  [[50196], 400, 'invalid_grant'],
  [[90055], 429, 'invalid_request'],
  [[90033, 90006, 90012, 90024, 50033], 503, 'temporarily_unavailable'],
  [[50049], 400, 'invalid_instance'],
];

describe('1.8 the table of refusals', () => {
  it('is complete, and has nothing else', () => {
    const listed = TABLE.flatMap(([codes]) => codes).sort((a, b) => a - b);
    assert.deepEqual(aadstsNumbers(), listed);
  });

  for (const [codes, status, error] of TABLE) {
    it(`1.8 gives AADSTS${codes.join(', ')} as ${status} ${error}`, () => {
      for (const code of codes) {
        const known = aadstsByNumber(code);
        assert.deepEqual([known?.status, known?.error], [status, error], String(code));
      }
    });
  }

  it('1.8 has a suberror where msal must know that a person has to act', () => {
    const suberrors = aadstsNumbers().flatMap((code) => {
      const suberror = aadstsByNumber(code)?.suberror;
      return suberror === undefined ? [] : [[code, suberror]];
    });
    assert.deepEqual(suberrors, [
      [53003, 'message_only'],
      [65001, 'consent_required'],
      [530035, 'message_only'],
    ]);
  });
});

describe('1.7 the shape of a refusal', () => {
  const refuse = (fields: Readonly<Record<string, string | undefined>>): Promise<HttpsResponse> =>
    askToken(emulator, {
      ...withSecret(emulator, 'desk', 'api://orders/.default'),
      'client-request-id': CORRELATION,
      ...fields,
    });

  it('1.7 is this, byte for byte but for the trace id', async () => {
    const { body } = await refuse({ client_secret: 'wrong' });
    const trace = String(json({ body } as HttpsResponse)['trace_id']);
    assert.match(trace, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const expected =
      '{"error":"invalid_client",' +
      '"error_description":"AADSTS7000215: The client secret is wrong. ' +
      `Trace ID: ${trace} Correlation ID: ${CORRELATION} Timestamp: 2026-09-08 23:26:54Z",` +
      '"error_codes":[7000215],"timestamp":"2026-09-08 23:26:54Z",' +
      `"trace_id":"${trace}","correlation_id":"${CORRELATION}",` +
      `"error_uri":"${emulator.origin}/error?code=7000215"}`;
    assert.equal(body.toString('utf8'), expected);
  });

  it('1.7 lacks the address of an error page where Entra was recorded without', async () => {
    const nil = await refuse({ client_id: '00000000-0000-0000-0000-000000000000' });
    assert.equal(outcome(nil), 700038);
    const grant = await refuse({ grant_type: 'password' });
    assert.equal(outcome(grant), 70003);
    for (const response of [nil, grant]) assert.ok(!('error_uri' in json(response)));
    const other = await refuse({ scope: 'api://orders' });
    assert.equal(json(other)['error_uri'], `${emulator.origin}/error?code=1002012`);
  });

  it('1.7 has an error page behind each address', async () => {
    for (const code of aadstsNumbers()) {
      const page = await ask(emulator.ca, `${emulator.origin}/error?code=${code}`);
      assert.match(page.body.toString('utf8'), new RegExp(`<h1>AADSTS${code}</h1>`));
    }
  });

  it('1.6 and 1.7 may be stored by nobody, and name their request', async () => {
    for (const response of [await refuse({}), await refuse({ client_secret: 'wrong' })]) {
      assert.equal(response.headers['cache-control'], 'no-store, no-cache');
      assert.equal(response.headers['pragma'], 'no-cache');
      assert.equal(response.headers['content-type'], 'application/json; charset=utf-8');
      assert.equal(response.headers['x-content-type-options'], 'nosniff');
      assert.match(String(response.headers['x-ms-request-id']), /^[0-9a-f-]{36}$/);
    }
  });
});
