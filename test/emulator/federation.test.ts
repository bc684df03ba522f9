import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { after, before, describe, it } from 'node:test';
import {
  type EmulatedFederatedCredential,
  type EntraEmulator,
  startEntraEmulator,
} from 'grpc-entra/emulator';
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { askToken, issuedClaims, outcome } from '../support/emulated.ts';

const ISSUER = 'https://cluster.example';
const SUBJECT = 'system:serviceaccount:shop:desk';
const AUDIENCE = 'api://AzureADTokenExchange';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: Keys;
let jwks: JSONWebKeySet;
let emulator: EntraEmulator;

const credential = (
  changes: Partial<EmulatedFederatedCredential> = {},
): EmulatedFederatedCredential => ({
  issuer: ISSUER,
  subject: SUBJECT,
  keys: { from: 'document', jwks },
  ...changes,
});

before(async () => {
  keys = await generateKeyPair('RS256');
  jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig' }] };
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
    apps: [
      { name: 'desk', federatedCredentials: [credential()] },
      { name: 'plain' },
      {
        name: 'broken',
        federatedCredentials: [
          credential({ keys: { from: 'function', load: () => Promise.reject(new Error('down')) } }),
        ],
      },
    ],
  });
});
after(() => emulator.close());

function assertion(claims: Readonly<Record<string, unknown>> = {}, kid = 'one'): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: ISSUER,
    sub: SUBJECT,
    aud: [AUDIENCE],
    exp: now + 600,
    iat: now,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(keys.privateKey);
}

async function ask(token: string, app = 'desk', at: EntraEmulator = emulator) {
  return askToken(at, {
    grant_type: 'client_credentials',
    client_id: at.app(app).clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token,
    scope: 'api://orders/.default',
  });
}

describe('workload identity federation', () => {
  it('issues tokens for the assertion of a registered issuer', async () => {
    assert.equal(issuedClaims(await ask(await assertion()))['azpacr'], '2');
    assert.equal(outcome(await ask(await assertion({ aud: AUDIENCE }))), 0);
  });

  const now = Math.floor(Date.now() / 1000);
  const refusals: readonly (readonly [string, Readonly<Record<string, unknown>>, number])[] = [
    ['another issuer', { iss: 'https://other.example' }, 700211],
    ['another subject', { sub: 'system:serviceaccount:shop:other' }, 700213],
    ['another audience', { aud: 'api://other' }, 700212],
    ['two audiences', { aud: [AUDIENCE, 'api://other'] }, 700212],
    ['a subject in other letter case', { sub: SUBJECT.toUpperCase() }, 7002138],
    ['an issuer in other letter case', { iss: 'https://Cluster.example' }, 7002138],
    ['an expired assertion', { exp: now - 400 }, 700024],
    ['an assertion without an end', { exp: undefined }, 50027],
  ];
  for (const [name, claims, code] of refusals) {
    it(`refuses ${name} as AADSTS${code}`, async () => {
      assert.equal(outcome(await ask(await assertion(claims))), code);
    });
  }

  it('refuses an application without federated credentials', async () => {
    assert.equal(outcome(await ask(await assertion(), 'plain')), 70021);
  });

  it('refuses an unknown key, a changed assertion and keys that cannot be had', async () => {
    const whole = await assertion();
    const [header = '', , signature = ''] = whole.split('.');
    const [, otherPayload = ''] = (await assertion({ jti: 'changed' })).split('.');
    assert.equal(outcome(await ask(await assertion({}, 'two'))), 700027);
    assert.equal(outcome(await ask(`${header}.${otherPayload}.${signature}`)), 700027);
    assert.equal(outcome(await ask(whole, 'broken')), 700027);
  });

  it('loads the keys of an https address', async () => {
    const identity = await createSelfSignedCertificate({
      commonName: 'issuer',
      hosts: ['localhost'],
      key: 'ec-p256',
      days: 1,
    });
    const server = createServer(
      { cert: identity.cert, key: identity.key.reveal() },
      (_request, response) => response.end(JSON.stringify(jwks)),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const url = `https://localhost:${port}/keys`;
    try {
      await using own = await startEntraEmulator({
        apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
        apps: [
          {
            name: 'trusting',
            federatedCredentials: [credential({ keys: { from: 'url', url, ca: identity.cert } })],
          },
          {
            name: 'distrustful',
            federatedCredentials: [credential({ keys: { from: 'url', url } })],
          },
        ],
      });
      assert.equal(outcome(await ask(await assertion(), 'trusting', own)), 0);
      assert.equal(outcome(await ask(await assertion(), 'distrustful', own)), 700027);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('explains credentials it cannot take', async () => {
    const bad: readonly EmulatedFederatedCredential[] = [
      credential({ issuer: '' }),
      credential({ keys: { from: 'url', url: 'http://cluster.example/keys' } }),
      credential({ keys: { from: 'document', jwks: {} as JSONWebKeySet } }),
      credential({ keys: { from: 'file' } as never }),
    ];
    for (const wrong of bad) {
      await assert.rejects(
        startEntraEmulator({ apis: [], apps: [{ name: 'x', federatedCredentials: [wrong] }] }),
        { code: 'ERR_OPTION_INVALID' },
      );
    }
  });
});
