import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  AcquisitionError,
  ConfigError,
  clientAssertion,
  clientCertificate,
  fromEnvironment,
  managedIdentity,
  onBehalfOf,
  Secret,
  type TokenCredential,
} from 'grpc-entra/client';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { claimsOf } from '../support/emulated.ts';
import { recordingLogger } from '../support/recorder.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const ORDERS = 'api://orders';
const STOCK = 'api://stock';
const SCOPE = `${ORDERS}/.default`;

interface Pair {
  readonly cert: string;
  readonly key: string;
}

let emulator: EntraEmulator;
let dir: TempDir;
let first: Pair;
let second: Pair;
let stranger: Pair;
let externalToken: string;

async function pair(): Promise<Pair> {
  const { cert, key } = await createSelfSignedCertificate({
    commonName: 'desk',
    hosts: [],
    key: 'rsa-2048',
    days: 90,
  });
  return { cert, key: key.reveal() };
}

before(async () => {
  dir = tempDir();
  [first, second, stranger] = await Promise.all([pair(), pair(), pair()]);
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] };
  externalToken = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer('https://cluster.example')
    .setSubject('desk')
    .setAudience('api://AzureADTokenExchange')
    .setExpirationTime('1h')
    .sign(privateKey);
  const appRoles = { [ORDERS]: ['Orders.Read'] };
  emulator = await startEntraEmulator({
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
      { name: 'desk', certificates: [first.cert, second.cert], appRoles },
      {
        name: 'federated',
        appRoles,
        federatedCredentials: [
          {
            issuer: 'https://cluster.example',
            subject: 'desk',
            keys: { from: 'document', jwks },
          },
        ],
      },
      {
        name: 'middle',
        api: 'orders',
        certificates: [first.cert],
        delegatedScopes: { [STOCK]: ['Stock.Read'] },
      },
      { name: 'portal', delegatedScopes: { [ORDERS]: ['Orders.Read'] } },
    ],
    users: [{ name: 'Ada' }],
    managedIdentities: [
      { name: 'machine', systemAssigned: true, appRoles },
      { name: 'extra', appRoles },
    ],
  });
});
after(async () => {
  await emulator.close();
  dir[Symbol.dispose]();
});

const registered = (name: string) => ({
  tenantId: emulator.tenantId,
  clientId: emulator.app(name).clientId,
  authority: emulator.authority,
});

async function rolesOf(credential: TokenCredential, scope = SCOPE): Promise<unknown> {
  const token = await credential.getToken(scope);
  return claimsOf(String(token?.token))['roles'];
}

async function refusal(credential: TokenCredential, scope = SCOPE): Promise<AcquisitionError> {
  try {
    await credential.getToken(scope);
  } catch (error) {
    assert.ok(error instanceof AcquisitionError, String(error));
    return error;
  }
  assert.fail('a token was issued');
}

function put(name: string, text: string): string {
  const file = dir.file(name);
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}

/** The assertion of the last token request, decoded by the emulator. */
const lastAssertion = () =>
  emulator.requests.all.findLast(({ endpoint }) => endpoint === 'token')?.clientAssertion;

describe('clientCertificate', () => {
  it('obtains tokens with a certificate from text, two files or one', async () => {
    const sources = [
      { cert: first.cert, key: first.key },
      { cert: first.cert, key: new Secret(first.key) },
      { certFile: put('app.pem', first.cert), keyFile: put('app.key', first.key) },
      { pemFile: put('both.pem', first.key + first.cert) },
    ];
    for (const source of sources) {
      const credential = clientCertificate({ ...registered('desk'), ...source });
      assert.deepEqual(await rolesOf(credential), ['Orders.Read']);
    }
  });

  it('signs PS256 over a new assertion each time, named by the SHA-256 of the certificate', async () => {
    const credential = clientCertificate({ ...registered('desk'), ...first });
    await credential.getToken(SCOPE);
    const one = lastAssertion();
    await credential.getToken(SCOPE);
    const two = lastAssertion();
    const { raw } = new X509Certificate(first.cert);
    const { clientId } = emulator.app('desk');
    assert.deepEqual(one?.header, {
      typ: 'JWT',
      alg: 'PS256',
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
    });
    const claims = one?.claims ?? {};
    assert.equal(claims['iss'], clientId);
    assert.equal(claims['sub'], clientId);
    assert.equal(claims['aud'], `${emulator.origin}/${emulator.tenantId}/oauth2/v2.0/token`);
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 600);
    assert.equal(claims['nbf'], claims['iat']);
    assert.notEqual(claims['jti'], two?.claims['jti']);
  });

  it('sends the chain, or the older header, on request', async () => {
    await clientCertificate({ ...registered('desk'), ...first, sendChain: true }).getToken(SCOPE);
    assert.ok(Array.isArray(lastAssertion()?.header['x5c']));
    const legacy = clientCertificate({ ...registered('desk'), ...first, legacyAssertion: true });
    await legacy.getToken(SCOPE);
    const header = lastAssertion()?.header ?? {};
    assert.equal(header['alg'], 'RS256');
    assert.ok('x5t' in header && !('x5t#S256' in header));
  });

  it('C16 takes up a rotated certificate, and keeps the last good one while files are spoilt', async () => {
    const { logger, lines } = recordingLogger();
    const files = { certFile: put('r.pem', first.cert), keyFile: put('r.key', first.key) };
    const credential = clientCertificate({ ...registered('desk'), ...files, logger });
    await credential.getToken(SCOPE);
    const thumbprint = () => lastAssertion()?.header['x5t#S256'];
    const before = thumbprint();
    put('r.pem', second.cert);
    await credential.getToken(SCOPE);
    assert.equal(thumbprint(), before, 'the key is not there yet');
    assert.equal(lines.length, 1);
    put('r.key', second.key);
    await credential.getToken(SCOPE);
    assert.notEqual(thumbprint(), before);
    put('r.pem', 'garbage');
    await credential.getToken(SCOPE);
    await credential.getToken(SCOPE);
    assert.equal(lines.length, 2, 'said once');
  });

  it('is refused by the authority when the certificate is not registered, with a hint', async () => {
    const error = await refusal(clientCertificate({ ...registered('desk'), ...stranger }));
    assert.equal(error.details.aadsts, 700027);
    assert.equal(error.code, 'ERR_ACQUISITION_REJECTED');
    const sha1 = new X509Certificate(stranger.cert).fingerprint.replaceAll(':', '');
    assert.match(error.message, /certificate is not registered/);
    assert.ok(error.message.includes(sha1), 'to compare with what the portal shows');
  });

  it('C17 refuses what Entra would not take, or what others can read', async () => {
    const { cert, key } = await createSelfSignedCertificate({
      commonName: 'x',
      hosts: [],
      key: 'ec-p256',
      days: 2,
    });
    const make = (source: object) => () =>
      clientCertificate({ ...registered('desk'), ...source } as never);
    assert.throws(make({ cert, key: key.reveal() }), /no RSA key/);
    assert.throws(make({ cert: first.cert, key: second.key }), /does not belong to/);
    assert.throws(make({ cert: 'x', key: first.key }), /no PEM certificate/);
    const open = put('open.key', first.key);
    chmodSync(open, 0o644);
    assert.throws(make({ certFile: put('o.pem', first.cert), keyFile: open }), /chmod 600/);
    make(first)();
  });

  it('C17 warns within 30 days of its end', async () => {
    const { logger, lines } = recordingLogger();
    const short = await createSelfSignedCertificate({
      commonName: 'x',
      hosts: [],
      key: 'rsa-2048',
      days: 20,
    });
    const credential = clientCertificate({
      ...registered('desk'),
      cert: short.cert,
      key: short.key,
      logger,
    });
    await refusal(credential);
    await refusal(credential);
    assert.deepEqual(
      lines.map(({ level, message }) => [level, /nears its end/.test(message)]),
      [['warn', true]],
    );
  });
});

describe('clientAssertion', () => {
  it('obtains tokens with the token of another provider, read anew each time', async () => {
    const file = put('federated', externalToken);
    const fromFile = clientAssertion({ ...registered('federated'), assertion: { fromFile: file } });
    assert.deepEqual(await rolesOf(fromFile), ['Orders.Read']);
    let asked = 0;
    const fromFunction = clientAssertion({
      ...registered('federated'),
      assertion: async () => {
        asked += 1;
        return externalToken;
      },
    });
    await fromFunction.getToken(SCOPE);
    await fromFunction.getToken(SCOPE);
    assert.equal(asked, 2);
    put('federated', 'stale');
    assert.equal((await refusal(fromFile)).code, 'ERR_ACQUISITION_REJECTED');
  });
});

describe('onBehalfOf', () => {
  const userToken = () => emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal' });

  it("exchanges the user's token: the user stays the caller", async () => {
    const middle = onBehalfOf({ ...registered('middle'), ...first });
    const user = await userToken();
    const token = await middle.for(user).getToken(`${STOCK}/.default`);
    const claims = claimsOf(String(token?.token));
    assert.equal(claims['scp'], 'Stock.Read');
    assert.equal(claims['oid'], claimsOf(user)['oid']);
    assert.equal(claims['azp'], emulator.app('middle').clientId);
  });

  it('C7 is one credential for one user, and forgets the longest unused of many', () => {
    const middle = onBehalfOf({ ...registered('middle'), secret: 'x' });
    const ada = middle.for('token-of-ada');
    assert.equal(middle.for(new Secret('token-of-ada')), ada);
    assert.notEqual(middle.for('token-of-bob'), ada);
    for (let i = 0; i < 1000; i++) middle.for(`token-${i}`);
    assert.notEqual(middle.for('token-of-ada'), ada);
  });

  it('is refused for an application, which is nobody to act for', async () => {
    const middle = onBehalfOf({ ...registered('middle'), ...first });
    const app = await emulator.issueToken({ kind: 'app', api: 'orders', app: 'desk' });
    const error = await refusal(middle.for(app), `${STOCK}/.default`);
    assert.equal(error.code, 'ERR_ACQUISITION_REJECTED');
  });

  it('needs one proof of the application', () => {
    const make = (proof: object) => () =>
      onBehalfOf({ ...registered('middle'), ...proof } as never);
    assert.throws(make({}), /needs one proof.*found 0/);
    assert.throws(make({ secret: 'x', ...first }), /found 2/);
    assert.throws(() => make({ secret: 'x' })().for('Bearer x'), /without "Bearer"/);
  });
});

describe('managedIdentity', () => {
  for (const platform of ['app-service', 'virtual-machine'] as const) {
    it(`obtains tokens on ${platform}, for the machine and for an identity of choice`, async () => {
      const env = emulator.managedIdentityEnvironment(platform);
      assert.deepEqual(await rolesOf(managedIdentity({ env })), ['Orders.Read']);
      const { clientId, objectId, resourceId } = emulator.managedIdentity('extra');
      for (const id of [{ clientId }, { objectId }, { resourceId }]) {
        const token = await managedIdentity({ env, ...id }).getToken(SCOPE);
        assert.equal(claimsOf(String(token?.token))['oid'], objectId);
        assert.ok((token?.expiresOnTimestamp ?? 0) > Date.now());
      }
    });
  }

  it('is refused for an identity that is not assigned', async () => {
    const env = emulator.managedIdentityEnvironment('app-service');
    const clientId = '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14';
    assert.equal((await refusal(managedIdentity({ env, clientId }))).retryable, false);
  });

  it('asks nobody but this machine', () => {
    const header = { IDENTITY_HEADER: 'x' };
    for (const endpoint of ['http://example.com/', 'https://localhost/', 'http://10.0.0.1/', 'x']) {
      assert.throws(
        () => managedIdentity({ env: { ...header, IDENTITY_ENDPOINT: endpoint } }),
        /IDENTITY_ENDPOINT must be an http address of this machine/,
      );
    }
    assert.throws(() => managedIdentity({ env: header }), /IDENTITY_HEADER without its partner/);
    managedIdentity({ env: { ...header, IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi/token' } });
    managedIdentity({ env: {} });
  });

  it('takes one id at most', () => {
    const id = '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14';
    assert.throws(() => managedIdentity({ env: {}, clientId: id, objectId: id }), /takes one of/);
  });
});

describe('fromEnvironment', () => {
  const identity = () => ({
    AZURE_TENANT_ID: emulator.tenantId,
    AZURE_CLIENT_ID: emulator.app('desk').clientId,
  });

  it('makes the credential that the variables ask for, and names them', () => {
    const file = put('env.pem', first.key + first.cert);
    const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ AZURE_CLIENT_SECRET: 'very-secret' }, /AZURE_CLIENT_SECRET/],
      [{ AZURE_CLIENT_CERTIFICATE_PATH: file }, /AZURE_CLIENT_CERTIFICATE_PATH/],
      [{ AZURE_FEDERATED_TOKEN_FILE: file }, /AZURE_FEDERATED_TOKEN_FILE/],
    ];
    for (const [env, names] of cases) {
      const { logger, lines } = recordingLogger();
      fromEnvironment({ env: { ...identity(), ...env }, logger });
      assert.match(JSON.stringify(lines), names);
      assert.doesNotMatch(JSON.stringify(lines), /very-secret/);
    }
  });

  it('falls back to the managed identity of the platform', async () => {
    const env = emulator.managedIdentityEnvironment('app-service');
    assert.deepEqual(await rolesOf(fromEnvironment({ env })), ['Orders.Read']);
    const { clientId, objectId } = emulator.managedIdentity('extra');
    const chosen = fromEnvironment({ env: { ...env, AZURE_CLIENT_ID: clientId } });
    const token = await chosen.getToken(SCOPE);
    assert.equal(claimsOf(String(token?.token))['oid'], objectId);
  });

  const wrong: readonly (readonly [string, () => Record<string, string>, RegExp])[] = [
    [
      'two ways at once',
      () => ({ ...identity(), AZURE_CLIENT_SECRET: 'x', AZURE_FEDERATED_TOKEN_FILE: 'y' }),
      /AZURE_CLIENT_SECRET and AZURE_FEDERATED_TOKEN_FILE are set at once/,
    ],
    [
      'a missing tenant',
      () => ({ AZURE_CLIENT_SECRET: 'x', AZURE_CLIENT_ID: emulator.app('desk').clientId }),
      /AZURE_CLIENT_SECRET is set, but AZURE_TENANT_ID is not/,
    ],
    [
      'an authority of its own',
      () => ({
        ...identity(),
        AZURE_CLIENT_SECRET: 'x',
        AZURE_AUTHORITY_HOST: 'https://x.example',
      }),
      /AZURE_AUTHORITY_HOST is none of/,
    ],
    [
      'a password',
      () => ({
        ...identity(),
        AZURE_CLIENT_CERTIFICATE_PATH: 'x',
        AZURE_CLIENT_CERTIFICATE_PASSWORD: 'hidden',
      }),
      /PASSWORD is not supported/,
    ],
  ];
  for (const [name, env, message] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => fromEnvironment({ env: env() }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /hidden/);
          return true;
        },
      );
    });
  }

  it('knows the national clouds', () => {
    for (const host of [
      'https://login.microsoftonline.us/',
      'https://login.partner.microsoftonline.cn',
    ]) {
      fromEnvironment({
        env: { ...identity(), AZURE_CLIENT_SECRET: 'x', AZURE_AUTHORITY_HOST: host },
      });
    }
  });
});

describe('C13 and C14: where tokens are asked for', () => {
  it('may be a private endpoint, stated in full', async () => {
    const tokenEndpoint = `${emulator.origin}/${emulator.tenantId}/oauth2/v2.0/token`;
    const credential = clientCertificate({ ...registered('desk'), ...first, tokenEndpoint });
    assert.deepEqual(await rolesOf(credential), ['Orders.Read']);
    for (const bad of [
      'http://localhost/token',
      'https://user@localhost/token',
      'https://localhost/token?x=1',
      'https://localhost/token#x',
      'localhost',
    ]) {
      assert.throws(
        () => clientCertificate({ ...registered('desk'), ...first, tokenEndpoint: bad }),
        /tokenEndpoint must be an https address/,
      );
    }
  });
});

describe('C15: nothing secret shows', () => {
  it('in inspect, JSON and errors of any credential', async () => {
    const user = await emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal' });
    const env = emulator.managedIdentityEnvironment('app-service');
    const credentials = [
      clientCertificate({ ...registered('desk'), ...stranger }),
      clientAssertion({ ...registered('desk'), assertion: () => externalToken }),
      onBehalfOf({ ...registered('desk'), ...stranger }).for(user),
      managedIdentity({ env, clientId: '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14' }),
    ];
    const secrets = [
      stranger.key.split('\n')[3] ?? '',
      externalToken.split('.')[2] ?? '',
      user.split('.')[2] ?? '',
      env['IDENTITY_HEADER'] ?? '',
    ];
    for (const credential of credentials) {
      const error = await refusal(credential);
      const shown = [
        inspect(credential, { depth: 10, showHidden: true }),
        JSON.stringify(credential),
        inspect(error, { depth: 10, showHidden: true }),
        JSON.stringify(error),
        String(error.stack),
      ].join('\n');
      for (const secret of secrets) {
        assert.ok(secret.length > 10);
        assert.ok(!shown.includes(secret), 'a secret shows');
      }
    }
    assert.equal(decodeProtectedHeader(externalToken).alg, 'RS256');
  });
});
