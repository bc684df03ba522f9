import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type EmulatorOptions, type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { Secret } from '#src/core/secret.ts';
import { ask, json, type TestRequest } from '../support/https.ts';

const API = 'api://orders';
const SPECIAL = "s3cret+/=&~% ü'";

const OPTIONS: EmulatorOptions = {
  apis: [
    {
      name: 'orders',
      identifierUris: [API, 'https://orders.example.com/'],
      appRoles: ['Orders.Read'],
    },
    { name: 'legacy', identifierUris: ['api://legacy'], accessTokenVersion: 1, emitIdtyp: true },
  ],
  apps: [
    { name: 'desk', secrets: [SPECIAL], appRoles: { [API]: ['Orders.Read'] } },
    { name: 'plain' },
    { name: 'late', secrets: [{ value: 'old', expires: new Date(0) }] },
  ],
};

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator(OPTIONS);
});
after(() => emulator.close());

const at = (path: string, request?: TestRequest) =>
  ask(emulator.ca, `${emulator.origin}${path}`, request);

const post = (
  fields: Readonly<Record<string, string>>,
  extra: TestRequest & { path?: string } = {},
) =>
  at(extra.path ?? `/${emulator.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...extra.headers },
    body: new URLSearchParams(fields).toString(),
  });

const good = (): Record<string, string> => ({
  grant_type: 'client_credentials',
  client_id: emulator.app('desk').clientId,
  client_secret: SPECIAL,
  scope: `${API}/.default`,
});

async function keys() {
  const document = json(await at(`/${emulator.tenantId}/discovery/v2.0/keys`));
  return document as unknown as Parameters<typeof createLocalJWKSet>[0];
}

describe('the emulated token endpoint', () => {
  it('issues a v2.0 token that jose verifies with the published keys', async () => {
    const response = await post(good());
    assert.equal(response.status, 200);
    const body = json(response);
    assert.equal(body['token_type'], 'Bearer');
    assert.equal(body['expires_in'], 3599);
    const { payload, protectedHeader } = await jwtVerify(
      String(body['access_token']),
      createLocalJWKSet(await keys()),
      {
        issuer: `${emulator.origin}/${emulator.tenantId}/v2.0`,
        audience: emulator.api('orders').clientId,
        algorithms: ['RS256'],
      },
    );
    assert.equal(protectedHeader.typ, 'JWT');
    assert.equal(payload['azp'], emulator.app('desk').clientId);
    assert.deepEqual(payload['roles'], ['Orders.Read']);
    assert.equal(payload['ver'], '2.0');
    assert.equal(response.headers['cache-control'], 'no-store, no-cache');
  });

  it('T8 and T10: v1.0 tokens repeat the resource as audience, idtyp only when configured, roles only when granted', async () => {
    const legacy = json(await post({ ...good(), scope: 'api://legacy/.default' }));
    const jwks = createLocalJWKSet(await keys());
    const { payload, protectedHeader } = await jwtVerify(String(legacy['access_token']), jwks);
    assert.equal(payload.aud, 'api://legacy');
    assert.equal(payload['ver'], '1.0');
    assert.equal(payload['idtyp'], 'app');
    assert.equal(protectedHeader['x5t'], protectedHeader.kid);
    assert.ok(!('roles' in payload));
    const orders = json(await post(good()));
    const v2 = (await jwtVerify(String(orders['access_token']), jwks)).payload;
    assert.ok(!('idtyp' in v2));
    assert.equal(v2.sub, v2['oid']);
  });

  it('T9 backdates iat and nbf by five minutes', async () => {
    const { payload } = await jwtVerify(
      String(json(await post(good()))['access_token']),
      createLocalJWKSet(await keys()),
    );
    assert.equal(payload.iat, payload.nbf);
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3900);
  });

  it('T11 takes secrets with special characters, in the body and as Basic', async () => {
    const { clientId } = emulator.app('desk');
    const encode = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
    const basic = Buffer.from(`${encode(clientId)}:${encode(SPECIAL)}`).toString('base64');
    const { grant_type = '', scope = '' } = good();
    assert.equal(
      (await post({ grant_type, scope }, { headers: { authorization: `Basic ${basic}` } })).status,
      200,
    );
  });

  const refusals: readonly (readonly [
    string,
    Readonly<Record<string, string | undefined>>,
    number,
    string,
    number,
  ])[] = [
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    ['no secret', { client_secret: undefined }, 401, 'invalid_client', 7000216],
    [
      'an unknown application',
      { client_id: '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14' },
      400,
      'unauthorized_client',
      700016,
    ],
    [
      'the nil GUID',
      { client_id: '00000000-0000-0000-0000-000000000000' },
      400,
      'unauthorized_client',
      700038,
    ],
    ['no client id', { client_id: undefined }, 400, 'invalid_request', 900144],
    ['no grant type', { grant_type: undefined }, 400, 'invalid_request', 900144],
    ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['a grant type of Object', { grant_type: 'toString' }, 400, 'unsupported_grant_type', 70003],
    ['no scope', { scope: undefined }, 400, 'invalid_request', 900144],
    ['a scope without .default', { scope: `${API}/Orders.Read` }, 400, 'invalid_scope', 1002012],
    ['a scope without resource', { scope: '/.default' }, 400, 'invalid_scope', 70011],
    ['a scope with a quotation mark', { scope: `"${API}/.default"` }, 400, 'invalid_scope', 70011],
    ['two scopes', { scope: `${API}/.default api://legacy/.default` }, 400, 'invalid_scope', 28000],
    ['an unknown resource', { scope: 'api://nothing/.default' }, 400, 'invalid_resource', 500011],
    ['the resource parameter', { resource: API }, 400, 'invalid_request', 901002],
  ];
  for (const [name, change, status, error, code] of refusals) {
    it(`refuses ${name} as AADSTS${code}`, async () => {
      const fields = Object.entries({ ...good(), ...change }).filter(
        (field): field is [string, string] => field[1] !== undefined,
      );
      const response = await post(Object.fromEntries(fields));
      const body = json(response);
      assert.equal(response.status, status);
      assert.equal(body['error'], error);
      assert.deepEqual(body['error_codes'], [code]);
      assert.match(
        String(body['error_description']),
        new RegExp(
          `^AADSTS${code}: .+ Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: [\\d-]{10} [\\d:]{8}Z$`,
        ),
      );
      assert.ok(!String(response.body).includes(SPECIAL));
    });
  }

  it('refuses an expired secret as AADSTS7000222', async () => {
    const body = json(
      await post({ ...good(), client_id: emulator.app('late').clientId, client_secret: 'old' }),
    );
    assert.deepEqual(body['error_codes'], [7000222]);
  });

  it('T4 echoes the correlation id from header, query or body', async () => {
    const id = '6b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0101';
    const wrong = { ...good(), client_secret: 'wrong' };
    const path = `/${emulator.tenantId}/oauth2/v2.0/token`;
    const answers = await Promise.all([
      post(wrong, { headers: { 'client-request-id': id, 'return-client-request-id': 'true' } }),
      post(wrong, { path: `${path}?client-request-id=${id}` }),
      post({ ...wrong, 'client-request-id': id }),
    ]);
    for (const answer of answers) assert.equal(json(answer)['correlation_id'], id);
    assert.equal(answers[0]?.headers['client-request-id'], id);
  });

  it('T7 answers an unknown or malformed tenant with 400, not 404', async () => {
    const other = '3d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90';
    const cases = [
      [await post(good(), { path: `/${other}/oauth2/v2.0/token` }), 'invalid_request', 90002],
      [await at(`/${other}/v2.0/.well-known/openid-configuration`), 'invalid_tenant', 90002],
      [await post(good(), { path: '/undefined/oauth2/v2.0/token' }), 'invalid_request', 900023],
    ] as const;
    for (const [response, error, code] of cases) {
      assert.equal(response.status, 400);
      assert.equal(json(response)['error'], error);
      assert.deepEqual(json(response)['error_codes'], [code]);
    }
  });

  it('T5 ignores form fields it does not know', async () => {
    assert.equal(
      (await post({ ...good(), 'x-client-SKU': 'msal.js.node', 'x-client-VER': '7' })).status,
      200,
    );
  });

  it('refuses a body beyond its bound, and stays up', async () => {
    assert.equal((await post({ ...good(), padding: 'x'.repeat(70_000) })).status, 413);
    assert.equal((await post(good())).status, 200);
  });
});

describe('the emulated documents', () => {
  it('E2 mark themselves and lead to keys of their own issuer', async () => {
    const metadata = json(await at(`/${emulator.tenantId}/v2.0/.well-known/openid-configuration`));
    assert.equal(metadata['emulator'], true);
    assert.equal(metadata['issuer'], `${emulator.origin}/${emulator.tenantId}/v2.0`);
    assert.equal(
      metadata['jwks_uri'],
      `${emulator.origin}/${emulator.tenantId}/discovery/v2.0/keys`,
    );
    const v1 = json(await at(`/${emulator.tenantId}/.well-known/openid-configuration`));
    assert.equal(v1['issuer'], `${emulator.origin}/sts/${emulator.tenantId}/`);
  });

  it('T12 publish keys without alg, with x5c and, in v2.0, with issuer', async () => {
    const [key] = (await keys()).keys;
    assert.ok(key !== undefined && !('alg' in key) && key.use === 'sig' && key.x5c?.length === 1);
    assert.equal(
      (key as Record<string, unknown>)['issuer'],
      `${emulator.origin}/${emulator.tenantId}/v2.0`,
    );
    const v1 = json(await at(`/${emulator.tenantId}/discovery/keys`)) as unknown as Awaited<
      ReturnType<typeof keys>
    >;
    assert.ok(v1.keys[0] !== undefined && !('issuer' in v1.keys[0]));
  });

  it('answer 404 and 405 in JSON', async () => {
    assert.equal((await at('/nothing')).status, 404);
    assert.equal((await at(`/${emulator.tenantId}/other`)).status, 404);
    assert.equal((await at(`/${emulator.tenantId}/oauth2/v2.0/token`)).status, 405);
    assert.equal(
      (await at(`/${emulator.tenantId}/discovery/v2.0/keys`, { method: 'POST', body: '' })).status,
      405,
    );
  });
});

describe('minting directly', () => {
  it('replaces, adds and removes claims and header members', async () => {
    const token = await emulator.issueToken({
      kind: 'user',
      api: 'orders',
      app: 'desk',
      scopes: ['Orders.Read', 'Orders.Approve'],
      claims: { uti: undefined, custom: 1 },
      header: { kid: 'other' },
    });
    assert.equal(decodeProtectedHeader(token).kid, 'other');
    const payload = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>;
    assert.equal(payload['scp'], 'Orders.Read Orders.Approve');
    assert.ok(!('uti' in payload));
    assert.equal(payload['custom'], 1);
  });

  it('forges: a key that is published nowhere, under the published id', async () => {
    const options = { kind: 'app', api: 'orders', app: 'desk' } as const;
    const jwks = createLocalJWKSet(await keys());
    await jwtVerify(await emulator.issueToken(options), jwks);
    await assert.rejects(
      jwtVerify(await emulator.issueToken({ ...options, signingKey: 'forged' }), jwks),
      {
        code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      },
    );
  });

  it('E2 never in the name of Microsoft', async () => {
    for (const iss of ['https://login.microsoftonline.com/x/v2.0', 'https://sts.windows.net/x/']) {
      await assert.rejects(
        emulator.issueToken({ kind: 'app', api: 'orders', app: 'desk', claims: { iss } }),
        {
          code: 'ERR_EMULATOR_FORBIDDEN',
        },
      );
    }
    await emulator.issueToken({
      kind: 'app',
      api: 'orders',
      app: 'desk',
      claims: { iss: 'https://localhost/x' },
    });
  });

  it('rotates its key: the old one stays published until it is withdrawn', async () => {
    await using own = await startEntraEmulator(OPTIONS);
    const count = async () => {
      const document = await ask(own.ca, `${own.origin}/${own.tenantId}/discovery/v2.0/keys`);
      return (json(document)['keys'] as unknown[]).length;
    };
    assert.equal(await count(), 1);
    await own.rotateSigningKey();
    assert.equal(await count(), 2);
    await own.rotateSigningKey({ withdraw: true });
    assert.equal(await count(), 1);
  });
});

describe('the emulator itself', () => {
  it('E1 has the same ids at every start, and other ports', async () => {
    await using other = await startEntraEmulator(OPTIONS);
    assert.equal(other.tenantId, emulator.tenantId);
    assert.equal(other.app('plain').clientId, emulator.app('plain').clientId);
    assert.notEqual(other.origin, emulator.origin);
  });

  it('refuses TLS below 1.2', async () => {
    const error = await new Promise<Error | undefined>((resolve) => {
      const socket = connectTls({
        port: Number(new URL(emulator.origin).port),
        host: '127.0.0.1',
        ca: emulator.ca,
        servername: 'localhost',
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.on('error', resolve);
      socket.on('secureConnect', () => resolve(undefined));
    });
    assert.match(error?.message ?? '', /protocol version/);
  });

  it('explains names it does not know, and options it cannot take', async () => {
    assert.throws(() => emulator.app('dsk'), {
      code: 'ERR_OPTION_INVALID',
      message: /it has "desk", "plain", "late"/,
    });
    const bad: readonly Partial<EmulatorOptions>[] = [
      { tenantId: 'common' },
      { port: -1 },
      { apis: [{ name: 'x', identifierUris: [] }] },
      { apps: [{ name: 'x', appRoles: { 'api://nothing': ['R'] } }] },
      { apps: [{ name: 'x', appRoles: { [API]: ['Unknown.Role'] } }] },
    ];
    for (const change of bad) {
      await assert.rejects(startEntraEmulator({ ...OPTIONS, ...change }), {
        code: 'ERR_OPTION_INVALID',
      });
    }
    await assert.rejects(startEntraEmulator({ ...OPTIONS, prot: 1 } as never), {
      code: 'ERR_OPTION_UNKNOWN',
      message: /did you mean "port"/,
    });
    const port = Number(new URL(emulator.origin).port);
    await assert.rejects(startEntraEmulator({ ...OPTIONS, port }), { code: 'ERR_LISTEN_FAILED' });
  });

  it('generates a secret when none is given, and does not print it', async () => {
    const { clientSecret } = emulator.app('plain');
    assert.ok(clientSecret instanceof Secret && clientSecret.reveal().length > 20);
    assert.equal(JSON.stringify(emulator.app('plain').clientSecret), '"[redacted]"');
  });
});
