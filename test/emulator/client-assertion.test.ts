import assert from 'node:assert/strict';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { SignJWT } from 'jose';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import { askToken, type Fields, issuedClaims, outcome } from '../support/emulated.ts';
import { fakeClock } from '../support/fake-clock.ts';

const SCOPE = 'api://orders/.default';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TENANT = '7a1b2c3d-1111-4222-8333-444455556666';

const certificateOf = (commonName: string) =>
  createSelfSignedCertificate({ commonName, hosts: [], key: 'rsa-2048', days: 365 });

interface Made {
  readonly cert: string;
  readonly key: string;
}

let registered: Made;
let stranger: Made;
let emulator: EntraEmulator;
// The certificates are of today, so the emulator's time begins today.
const clock = fakeClock();

before(async () => {
  const [first, second] = await Promise.all([certificateOf('desk'), certificateOf('stranger')]);
  registered = { cert: first.cert, key: first.key.reveal() };
  stranger = { cert: second.cert, key: second.key.reveal() };
  clock.jumpWallClock(Date.parse(new X509Certificate(first.cert).validFrom) + 60_000 - clock.now());
  emulator = await startEntraEmulator({
    tenantId: TENANT,
    domains: ['contoso.example'],
    apis: [{ name: 'orders', identifierUris: ['api://orders'], appRoles: ['Orders.Read'] }],
    apps: [
      {
        name: 'desk',
        certificates: [registered.cert],
        appRoles: { 'api://orders': ['Orders.Read'] },
      },
      { name: 'public', publicClient: true },
    ],
    clock,
  });
});
after(() => emulator.close());

const thumbprint = (algorithm: 'sha1' | 'sha256', cert: string): Buffer =>
  createHash(algorithm).update(new X509Certificate(cert).raw).digest();

interface Wish {
  readonly made?: Made;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An assertion as the newest msal-node makes it, but for what is wished otherwise. */
function assertion({ made = registered, header = {}, claims = {} }: Wish = {}): Promise<string> {
  const { clientId } = emulator.app('desk');
  const now = Math.floor(clock.now() / 1000);
  return new SignJWT({
    aud: `${emulator.origin}/${TENANT}/oauth2/v2.0/token`,
    exp: now + 600,
    iat: now,
    nbf: now,
    iss: clientId,
    sub: clientId,
    jti: 'b2b9a6b6-3c8f-4a9a-8c0e-1f2d3c4b5a69',
    ...claims,
  })
    .setProtectedHeader({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': thumbprint('sha256', made.cert).toString('base64url'),
      ...header,
    })
    .sign(createPrivateKey(made.key));
}

const request = (clientAssertion: string, changes: Fields = {}): Fields => ({
  grant_type: 'client_credentials',
  client_id: emulator.app('desk').clientId,
  client_assertion_type: JWT_BEARER,
  client_assertion: clientAssertion,
  scope: SCOPE,
  ...changes,
});

const ask = async (wish: Wish = {}): Promise<number> =>
  outcome(await askToken(emulator, request(await assertion(wish))));

describe('authentication by certificate', () => {
  it('issues tokens that say so', async () => {
    const claims = issuedClaims(await askToken(emulator, request(await assertion())));
    assert.equal(claims['azpacr'], '2');
    assert.deepEqual(claims['roles'], ['Orders.Read']);
  });

  it('T1 takes every spelling of thumbprints, both algorithms and what libraries leave out', async () => {
    const sha1 = thumbprint('sha1', registered.cert);
    const sha256 = thumbprint('sha256', registered.cert);
    const now = Math.floor(clock.now() / 1000);
    const padded = (bytes: Buffer): string =>
      bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    const wishes: readonly Wish[] = [
      { header: { 'x5t#S256': sha256.toString('base64') } },
      { header: { 'x5t#S256': padded(sha256) } },
      { header: { alg: 'RS256', 'x5t#S256': undefined, x5t: sha1.toString('base64url') } },
      { header: { alg: 'RS256', 'x5t#S256': undefined, x5t: padded(sha1) } },
      { header: { alg: 'PS256', 'x5t#S256': undefined, x5t: sha1.toString('base64') } },
      { header: { typ: undefined } },
      { claims: { nbf: undefined, exp: now + 600.5, iat: now - 0.25 } },
      { claims: { iat: undefined } },
      { claims: { exp: now - 299 } },
      { claims: { nbf: now + 299 } },
    ];
    assert.deepEqual(
      await Promise.all(wishes.map(ask)),
      wishes.map(() => 0),
    );
  });

  it('T2 takes the same assertion again until it expires', async () => {
    const once = request(await assertion());
    assert.equal(outcome(await askToken(emulator, once)), 0);
    assert.equal(outcome(await askToken(emulator, once)), 0);
  });

  it('T3 takes token endpoint, issuer and authority of this tenant as audience, and no other', async () => {
    const { origin } = emulator;
    const base = `${origin}/${TENANT}`;
    const audiences = [
      base,
      `${base}/`,
      `${base}/v2.0`,
      `${base}/v2.0/`,
      `${base}/oauth2/v2.0/token/`,
      `${origin}/contoso.example/oauth2/v2.0/token`,
      [`${base}/oauth2/v2.0/token`],
    ];
    const accepted = audiences.map((aud) => ask({ claims: { aud } }));
    assert.deepEqual(
      await Promise.all(accepted),
      audiences.map(() => 0),
    );
    const foreign = [
      `${origin}/8a1b2c3d-1111-4222-8333-444455556666/v2.0`,
      'https://login.microsoftonline.com/common/oauth2/v2.0/token',
      `${base}.evil.example`,
      `${origin}.evil.example/${TENANT}`,
      `${base}/other`,
      [base, 'https://other.example'],
      undefined,
    ];
    const refused = foreign.map((aud) => ask({ claims: { aud } }));
    assert.deepEqual(
      await Promise.all(refused),
      foreign.map(() => 700023),
    );
  });

  const refusals: readonly (readonly [string, (now: number) => Wish, number])[] = [
    ['the certificate of another', () => ({ made: stranger }), 700027],
    [
      'the signature of another under a registered thumbprint',
      () => ({
        made: stranger,
        header: { 'x5t#S256': thumbprint('sha256', registered.cert).toString('base64url') },
      }),
      700027,
    ],
    [
      'thumbprints that contradict each other',
      () => ({ header: { x5t: thumbprint('sha1', stranger.cert).toString('base64url') } }),
      700027,
    ],
    ['no thumbprint', () => ({ header: { 'x5t#S256': undefined } }), 50027],
    ['a thumbprint that is no text', () => ({ header: { 'x5t#S256': 7 } }), 50027],
    ['another algorithm', () => ({ header: { alg: 'PS512' } }), 700027],
    ['another issuer', () => ({ claims: { iss: TENANT } }), 700021],
    ['another subject', () => ({ claims: { sub: TENANT } }), 700021],
    ['an issuer that is no text', () => ({ claims: { iss: 7 } }), 700021],
    ['an expired one', (now) => ({ claims: { exp: now - 301 } }), 700024],
    ['one of the future', (now) => ({ claims: { nbf: now + 301 } }), 700024],
    ['one issued in the future', (now) => ({ claims: { iat: now + 301 } }), 700024],
    ['one without an end', () => ({ claims: { exp: undefined } }), 50027],
    ['one whose end is text', () => ({ claims: { exp: 'tomorrow' } }), 50027],
  ];
  for (const [name, wish, code] of refusals) {
    it(`refuses ${name} as AADSTS${code}`, async () => {
      assert.equal(await ask(wish(Math.floor(clock.now() / 1000))), code);
    });
  }

  it('refuses text that is no JWT, and another assertion type', async () => {
    const whole = await assertion();
    const cases: readonly (readonly [Fields, number])[] = [
      [request('text'), 50027],
      [request('a.b.c'), 50027],
      [request(whole, { client_assertion_type: undefined }), 900144],
      [request(whole, { client_assertion_type: 'saml' }), 50012],
      [request('', {}), 7000216],
    ];
    for (const [fields, code] of cases) {
      assert.equal(outcome(await askToken(emulator, fields)), code);
    }
  });

  it('refuses any credential of a public client', async () => {
    const fields = request(await assertion(), { client_id: emulator.app('public').clientId });
    assert.equal(outcome(await askToken(emulator, fields)), 700025);
  });

  it('refuses a certificate past its end', async () => {
    const late = fakeClock();
    late.jumpWallClock(
      Date.parse(new X509Certificate(registered.cert).validTo) + 1000 - late.now(),
    );
    await using other = await startEntraEmulator({
      tenantId: TENANT,
      apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
      apps: [{ name: 'desk', certificates: [registered.cert] }],
      clock: late,
    });
    const exp = Math.floor(late.now() / 1000) + 600;
    const aud = `${other.origin}/${TENANT}/v2.0`;
    const fields = request(await assertion({ claims: { aud, exp } }));
    assert.equal(outcome(await askToken(other, fields)), 700027);
  });
});

describe('registering certificates', () => {
  it('refuses what Entra would not take, and private keys', async () => {
    const ec = await createSelfSignedCertificate({
      commonName: 'ec',
      hosts: [],
      key: 'ec-p256',
      days: 1,
    });
    for (const pem of [ec.cert, `${registered.cert}${registered.key}`, 'text']) {
      await assert.rejects(
        startEntraEmulator({ apis: [], apps: [{ name: 'x', certificates: [pem] }] }),
        { code: 'ERR_CERTIFICATE_INVALID' },
      );
    }
  });

  it('makes no secret for an application that has other credentials', () => {
    assert.throws(() => emulator.app('desk').clientSecret, { code: 'ERR_OPTION_INVALID' });
  });
});
