import assert from 'node:assert/strict';
import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, type MintOptions, startEntraEmulator } from 'grpc-entra/emulator';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { claimsOf } from '../support/emulated.ts';
import { ask, json } from '../support/https.ts';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [
      {
        name: 'orders',
        identifierUris: ['api://orders'],
        appRoles: ['Orders.Read', 'Auditor'],
        scopes: ['Orders.Read'],
      },
      { name: 'legacy', identifierUris: ['api://legacy'], accessTokenVersion: 1, emitIdtyp: true },
    ],
    apps: [
      {
        name: 'desk',
        appRoles: { 'api://orders': ['Orders.Read'] },
        delegatedScopes: { 'api://orders': ['Orders.Read'] },
      },
    ],
    users: [
      { name: 'Ada Lovelace', appRoles: { 'api://orders': ['Auditor'] } },
      { name: 'Everywhere', groups: Array.from({ length: 201 }, (_, n) => `group-${n}`) },
    ],
  });
});
after(() => emulator.close());

const mint = (changes: Partial<MintOptions> = {}): Promise<string> =>
  emulator.issueToken({ kind: 'app', api: 'orders', app: 'desk', ...changes } as MintOptions);

async function publishedKeys() {
  const path = `/${emulator.tenantId}/discovery/v2.0/keys`;
  return json(await ask(emulator.ca, emulator.origin + path)) as unknown as {
    keys: (JsonWebKey & { kid: string })[];
  };
}

describe('E4 tokens minted directly', () => {
  it('carry by default what was granted, as those of the token endpoint do', async () => {
    const app = claimsOf(await mint());
    assert.deepEqual(app['roles'], ['Orders.Read']);
    assert.ok(!('scp' in app) && !('idtyp' in app));
    assert.ok(!('roles' in claimsOf(await mint({ roles: [] }))));
    const user = claimsOf(await mint({ kind: 'user' }));
    assert.deepEqual(user['roles'], ['Auditor']);
    assert.equal(user['scp'], 'Orders.Read');
    assert.equal(user['preferred_username'], 'ada.lovelace@emulated.example');
    assert.notEqual(user['sub'], user['oid']);
  });

  it('have the shape of v1.0 users for APIs of v1.0', async () => {
    const claims = claimsOf(await mint({ kind: 'user', api: 'legacy', scopes: ['Use'] }));
    assert.equal(claims['given_name'], 'Ada');
    assert.equal(claims['family_name'], 'Lovelace');
    assert.deepEqual(claims['amr'], ['pwd']);
    assert.equal(claims['idtyp'], 'user');
    assert.equal(claims['appidacr'], '1');
    assert.ok(!('preferred_username' in claims) && !('azp' in claims));
  });

  it('replace more than 200 groups by an overage claim', async () => {
    const claims = claimsOf(await mint({ kind: 'user', user: 'Everywhere' }));
    assert.ok(!('groups' in claims));
    assert.deepEqual(claims['_claim_names'], { groups: 'src1' });
  });

  it('say how the client authenticated', async () => {
    const of = async (clientAuthentication: 'none' | 'secret' | 'certificate') =>
      claimsOf(await mint({ clientAuthentication }))['azpacr'];
    assert.deepEqual(
      [await of('none'), await of('secret'), await of('certificate')],
      ['0', '1', '2'],
    );
  });

  it('can be of the past, of the future and of any length', async () => {
    const now = Math.floor(Date.now() / 1000);
    const old = claimsOf(await mint({ issuedSecondsAgo: 7200, lifetimeSeconds: 60 }));
    assert.ok(Math.abs(Number(old['exp']) - (now - 7140)) <= 5);
    const early = claimsOf(await mint({ issuedSecondsAgo: -3600 }));
    assert.ok(Number(early['nbf']) > now + 3000);
  });
});

describe('forged tokens', () => {
  const parts = (token: string) => token.split('.') as [string, string, string];

  it('can be unsigned', async () => {
    const token = await mint({ header: { alg: 'none' } });
    assert.equal(parts(token)[2], '');
    assert.equal(decodeProtectedHeader(token).alg, 'none');
  });

  it('can be signed with the public key for a shared secret', async () => {
    const token = await mint({ header: { alg: 'HS256' } });
    const [key] = (await publishedKeys()).keys;
    assert.ok(key !== undefined);
    const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const [header, payload, signature] = parts(token);
    const expected = createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url');
    assert.equal(signature, expected);
  });

  it('can carry any header, with a signature that holds', async () => {
    const jwks = createLocalJWKSet(await publishedKeys());
    for (const alg of ['RS256', 'RS512', 'PS256', 'PS384']) {
      const token = await mint({ header: { alg, typ: 'at+jwt', jku: 'https://evil.example/' } });
      const { protectedHeader } = await jwtVerify(token, jwks);
      assert.equal(protectedHeader.jku, 'https://evil.example/');
    }
    assert.ok(!('typ' in decodeProtectedHeader(await mint({ header: { typ: undefined } }))));
    assert.deepEqual(decodeProtectedHeader(await mint({ header: { crit: ['b64'] } })).crit, [
      'b64',
    ]);
  });

  it('can name a key that nobody published', async () => {
    const { kid } = decodeProtectedHeader(await mint({ signingKey: 'unpublished' }));
    assert.ok((await publishedKeys()).keys.every((key) => key.kid !== kid));
  });

  it('E2 never name Microsoft or another real host as their issuer, however it is written', async () => {
    const forbidden: readonly unknown[] = [
      'HTTPS://LOGIN.MICROSOFTONLINE.COM/x/v2.0',
      'https://login.microsoftonline.com.:443/x/v2.0',
      'https://login.microsoftonline.us/x/v2.0',
      'https://sts.windows.net/x/',
      'login.microsoftonline.com/x/v2.0',
      'https://accounts.google.com',
      ['https://sts.windows.net/x/'],
      { url: 'https://login.partner.microsoftonline.cn/x/v2.0' },
    ];
    for (const iss of forbidden) {
      await assert.rejects(mint({ claims: { iss } }), { code: 'ERR_EMULATOR_FORBIDDEN' });
    }
    const free: readonly unknown[] = [
      'https://evil.example/v2.0',
      `${emulator.origin}/other/v2.0`,
      'https://issuer.test/',
      ['https://localhost/'],
      7,
      '',
    ];
    for (const iss of free) assert.deepEqual(claimsOf(await mint({ claims: { iss } }))['iss'], iss);
  });

  it('are explained when they cannot be made', async () => {
    const bad: readonly (readonly [object, string])[] = [
      [{ api: 'none' }, 'ERR_OPTION_INVALID'],
      [{ app: 'none' }, 'ERR_OPTION_INVALID'],
      [{ kind: 'device' }, 'ERR_OPTION_INVALID'],
      [{ tenantId: 'common' }, 'ERR_OPTION_INVALID'],
      [{ signingKey: 'stolen' }, 'ERR_OPTION_INVALID'],
      [{ lifetimeSeconds: 1.5 }, 'ERR_OPTION_INVALID'],
      [{ kind: 'user', user: 'Nobody' }, 'ERR_OPTION_INVALID'],
      [{ role: ['x'] }, 'ERR_OPTION_UNKNOWN'],
    ];
    for (const [change, code] of bad) await assert.rejects(mint(change), { code });
  });
});

describe('signing keys', () => {
  it('T12 are published before they sign, and stay published after', async () => {
    await using own = await startEntraEmulator({
      apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
      apps: [{ name: 'desk' }],
    });
    const published = async () => {
      const path = `/${own.tenantId}/discovery/v2.0/keys`;
      const document = json(await ask(own.ca, own.origin + path));
      return (document['keys'] as { kid: string }[]).map((key) => key.kid);
    };
    const signing = async () => {
      const token = await own.issueToken({ kind: 'app', api: 'orders', app: 'desk' });
      return decodeProtectedHeader(token).kid;
    };
    const [first] = await published();
    await own.announceSigningKey();
    const [next, ...rest] = await published();
    assert.deepEqual(rest, [first]);
    assert.equal(await signing(), first);
    await own.rotateSigningKey();
    assert.equal(await signing(), next);
    assert.deepEqual(await published(), [next, first]);
    await own.rotateSigningKey({ withdraw: true });
    assert.ok(!(await published()).includes(String(next)));
  });
});
