import assert from 'node:assert/strict';
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { aadstsByNumber, aadstsNumbers } from '#src/emulator/aadsts.ts';
import { foreignClient } from './foreign-clients.ts';
import { type ForeignWorld, SECRET, STOCK, startForeignWorld } from './foreign-world.ts';

/** A request of msal-node that is to be refused. */
interface Wish {
  readonly auth: {
    readonly clientId: string;
    readonly clientSecret?: string;
    readonly clientAssertion?: string;
    readonly authority?: string;
  };
  readonly scope?: string;
  readonly correlationId: string;
  readonly userToken?: string;
}

let world: ForeignWorld;
before(async () => {
  world = await startForeignWorld();
});
after(() => world[Symbol.asyncDispose]());

const UNKNOWN = '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14';
/** Numbers whose OAuth code or suberror tells msal that a person has to act. */
const INTERACTION: ReadonlySet<number> = new Set([50076, 50079, 50158, 53003, 530035, 65001]);
const msal = () => foreignClient('@azure/msal-node');

function withSecret(app = 'secret', clientSecret = SECRET): Wish['auth'] {
  return { clientId: world.emulator.app(app).clientId, clientSecret };
}

async function signedByCertificate(
  claims: Readonly<Record<string, unknown>>,
): Promise<Wish['auth']> {
  const { clientId } = world.emulator.app('certificate');
  const { origin, tenantId } = world.emulator;
  const { cert, key } = world.certificate;
  const thumbprint = createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');
  const now = Math.floor(Date.now() / 1000);
  const clientAssertion = await new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: `${origin}/${tenantId}/oauth2/v2.0/token`,
    exp: now + 600,
    nbf: now,
    ...claims,
  })
    .setProtectedHeader({ alg: 'PS256', 'x5t#S256': thumbprint })
    .sign(createPrivateKey(key.reveal()));
  return { clientId, clientAssertion };
}

async function federated(claims: Readonly<Record<string, unknown>>): Promise<Wish['auth']> {
  const { clientId } = world.emulator.app('federated');
  return { clientId, clientAssertion: await world.federatedAssertion(claims) };
}

const middle = (): Wish['auth'] => {
  const { clientId, clientSecret } = world.emulator.app('middle');
  return { clientId, clientSecret: clientSecret.reveal() };
};
const minted = (changes: object): Promise<string> =>
  world.emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal', ...changes });

type Cause = () => Promise<Partial<Wish>>;

/** What brings each refusal about, of those that msal-node lets through to the authority. */
const causes: Readonly<Record<number, Cause>> = {
  7000215: async () => ({ auth: withSecret('secret', 'wrong') }),
  7000222: async () => ({ auth: withSecret('late', 'past') }),
  700016: async () => ({ auth: { clientId: UNKNOWN, clientSecret: 'x' } }),
  700038: async () => ({
    auth: { clientId: '00000000-0000-0000-0000-000000000000', clientSecret: 'x' },
  }),
  7000112: async () => ({ auth: withSecret('off') }),
  700025: async () => ({ auth: withSecret('public') }),
  500011: async () => ({ scope: 'api://nothing/.default' }),
  1002012: async () => ({ scope: 'api://orders/Orders.Read' }),
  28000: async () => ({ scope: `api://orders/.default ${STOCK}/.default` }),
  70011: async () => ({ scope: '/.default' }),
  501051: async () => ({ scope: 'api://strict/.default' }),
  700021: async () => ({ auth: await signedByCertificate({ sub: UNKNOWN }) }),
  700023: async () => ({ auth: await signedByCertificate({ aud: 'https://localhost/other' }) }),
  700024: async () => ({ auth: await signedByCertificate({ exp: 1_000_000 }) }),
  700027: async () => {
    const { clientAssertion = '', clientId } = await signedByCertificate({});
    const [header, , signature] = clientAssertion.split('.');
    const [, other] = ((await signedByCertificate({ jti: 'x' })).clientAssertion ?? '').split('.');
    return { auth: { clientId, clientAssertion: `${header}.${other}.${signature}` } };
  },
  50027: async () => ({ auth: await signedByCertificate({ exp: undefined }) }),
  70021: async () => {
    const { clientAssertion = '' } = await federated({});
    return { auth: { clientId: world.emulator.app('secret').clientId, clientAssertion } };
  },
  700211: async () => ({ auth: await federated({ iss: 'https://other.example' }) }),
  700212: async () => ({ auth: await federated({ aud: 'api://other' }) }),
  700213: async () => ({ auth: await federated({ sub: 'other' }) }),
  7002138: async () => ({ auth: await federated({ sub: 'DESK' }) }),
  65001: async () => ({
    auth: middle(),
    scope: 'api://strict/.default',
    userToken: await minted({}),
  }),
  50013: async () => ({ auth: middle(), userToken: await minted({ signingKey: 'forged' }) }),
  500131: async () => ({
    auth: middle(),
    userToken: await minted({ api: 'stock', scopes: ['Stock.Read'] }),
  }),
  500133: async () => ({ auth: middle(), userToken: await minted({ issuedSecondsAgo: 7200 }) }),
  7000114: async () => ({ auth: middle(), userToken: await minted({ kind: 'app' }) }),
};

async function wishOf(change: Partial<Wish>): Promise<Wish> {
  const scope = change.userToken === undefined ? undefined : { scope: `${STOCK}/.default` };
  return { auth: withSecret(), correlationId: randomUUID(), ...scope, ...change };
}

/** Has msal-node send requests, and checks what it makes of each refusal. */
async function assertRecognised(wishes: Readonly<Record<string, Wish>>): Promise<void> {
  const results = await world.run(msal(), [], { wishes });
  for (const [code, wish] of Object.entries(wishes)) {
    const result = results[code];
    const number = Number(code);
    const known = aadstsByNumber(number);
    const expected = INTERACTION.has(number) ? 'InteractionRequiredAuthError' : 'ServerError';
    assert.equal(result?.class, expected, `${code}: ${result?.message}`);
    assert.equal(result?.number, number);
    assert.equal(result?.error, known?.error);
    assert.equal(result?.suberror ?? '', known?.suberror ?? '');
    assert.equal(result?.correlationId, wish.correlationId);
  }
}

describe('1.8 msal-node recognises refusals as its own error classes', () => {
  it('1.8 those that its own requests bring about', async () => {
    const wishes: Record<string, Wish> = {};
    for (const [code, cause] of Object.entries(causes)) wishes[code] = await wishOf(await cause());
    await assertRecognised(wishes);
  });

  it('1.8 all of the table, injected for its requests by their correlation ids', async () => {
    const wishes: Record<string, Wish> = {};
    for (const code of aadstsNumbers()) {
      const wish = await wishOf({});
      wishes[code] = wish;
      world.emulator.inject(
        { kind: 'aadsts', code },
        { when: ({ form }) => form['client-request-id'] === wish.correlationId },
      );
    }
    await assertRecognised(wishes);
  });

  it('1.8 a claims challenge, which it hands to the application', async () => {
    const wish = await wishOf({ auth: middle(), userToken: await minted({}) });
    const claims = { access_token: { capolids: { essential: true, values: ['one'] } } };
    using _fault = world.emulator.inject({ kind: 'aadsts', code: 50076, claims });
    const { challenge } = await world.run(msal(), [], { wishes: { challenge: wish } });
    assert.equal(challenge?.class, 'InteractionRequiredAuthError');
    assert.deepEqual(JSON.parse(challenge?.claims ?? ''), claims);
  });

  it('T7 an unknown tenant, before it asks for a token', async () => {
    const { unknownTenant } = await world.run(msal(), ['unknownTenant']);
    assert.equal(unknownTenant?.error, 'endpoints_resolution_error');
    assert.equal(unknownTenant?.class, 'AuthError');
    assert.match(String(unknownTenant?.message), /AADSTS90002|endpoints/);
  });
});

describe('a foreign client that is missing', () => {
  it('fails its test with the command that installs it', () => {
    const missing = { ...msal(), installed: () => false };
    assert.throws(
      () => foreignClient(missing.name, [missing]),
      /@azure\/msal-node is not installed; install it with: npm ci --prefix test\/peers/,
    );
    assert.equal(foreignClient(missing.name).name, missing.name);
  });
});
