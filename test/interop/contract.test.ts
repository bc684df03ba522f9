import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  clientAssertion,
  clientCertificate,
  clientSecret,
  managedIdentity,
  onBehalfOf,
  type TokenCredential,
} from 'grpc-entra/client';
import type {
  DecodedAssertion,
  ManagedIdentityPlatform,
  RecordedRequest,
} from 'grpc-entra/emulator';
import { foreignClient } from './foreign-clients.ts';
import { type ForeignWorld, ORDERS, SECRET, STOCK, startForeignWorld } from './foreign-world.ts';

/** What msal-node is asked to do; the members are those of its own configuration. */
interface Wish {
  readonly auth?: object;
  readonly scope?: string;
  readonly userToken?: string;
  readonly claims?: string;
  readonly machine?: object;
}

/** The same request, by both. */
interface Case {
  readonly wish: Wish;
  readonly ours: TokenCredential;
  readonly scope: string;
  readonly claims?: string;
}

let world: ForeignWorld;
let federatedToken: string;
let userToken: string;
before(async () => {
  world = await startForeignWorld();
  federatedToken = await world.federatedAssertion();
  userToken = await world.emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal' });
});
after(() => world[Symbol.asyncDispose]());

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const ORDERS_SCOPE = `${ORDERS}/.default`;
const STOCK_SCOPE = `${STOCK}/.default`;

const registration = (app: string) => ({
  tenantId: world.emulator.tenantId,
  clientId: world.emulator.app(app).clientId,
  authority: world.emulator.authority,
});

/** How each proves an application, in the words of both. */
const proofs = {
  secret: () => ({ msal: { clientSecret: SECRET }, ours: { secret: SECRET } }),
  certificate: (
    more: { readonly sendChain?: boolean; readonly legacyAssertion?: boolean } = {},
  ) => {
    const { cert, key } = world.certificate;
    const thumbprint = (algorithm: string) =>
      createHash(algorithm).update(new X509Certificate(cert).raw).digest('hex');
    const named =
      more.legacyAssertion === true
        ? { thumbprint: thumbprint('sha1') }
        : { thumbprintSha256: thumbprint('sha256') };
    const chain = more.sendChain === true ? { x5c: cert } : {};
    return {
      msal: { clientCertificate: { privateKey: key.reveal(), ...named, ...chain } },
      ours: { cert, key, ...more },
    };
  },
  assertion: () => ({
    msal: { clientAssertion: federatedToken },
    ours: { assertion: () => federatedToken },
  }),
};

function asApplication(app: string, msal: object, ours: TokenCredential): Case {
  const auth = { clientId: world.emulator.app(app).clientId, ...msal };
  return { wish: { auth, scope: ORDERS_SCOPE }, ours, scope: ORDERS_SCOPE };
}

function forUser({ msal, ours }: ReturnType<(typeof proofs)[keyof typeof proofs]>): Case {
  const own = registration('middle');
  return {
    wish: { auth: { clientId: own.clientId, ...msal }, scope: STOCK_SCOPE, userToken },
    ours: onBehalfOf({ ...own, ...ours }).for(userToken),
    scope: STOCK_SCOPE,
  };
}

function byCertificate(more: Parameters<typeof proofs.certificate>[0] = {}): Case {
  const { msal, ours } = proofs.certificate(more);
  const own = clientCertificate({ ...registration('certificate'), ...ours });
  return asApplication('certificate', msal, own);
}

function bySecret(claims?: string): Case {
  const { msal, ours } = proofs.secret();
  const own = clientSecret({ ...registration('secret'), ...ours });
  const { wish, ...rest } = asApplication('secret', msal, own);
  return claims === undefined ? { wish, ...rest } : { wish: { ...wish, claims }, claims, ...rest };
}

function byAssertion(): Case {
  const { msal, ours } = proofs.assertion();
  const own = clientAssertion({ ...registration('federated'), ...ours });
  return asApplication('federated', msal, own);
}

const TELEMETRY = /^(client-request-id|x-client-.*|x-ms-lib-capability)$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const withoutTelemetry = (fields: Iterable<readonly [string, string]>) =>
  Object.fromEntries([...fields].filter(([name]) => !TELEMETRY.test(name)));

/** An assertion with its times counted from its own start, and its id reduced to its form. */
function comparable(assertion: DecodedAssertion | undefined): object | undefined {
  if (assertion === undefined) return undefined;
  const { jti, exp, nbf, iat, ...claims } = assertion.claims;
  const since = (time: unknown): unknown =>
    Number.isInteger(time) && Number.isInteger(nbf) ? Number(time) - Number(nbf) : time;
  return {
    header: assertion.header,
    claims: {
      ...claims,
      jti: UUID.test(String(jti)) ? 'a new UUID' : jti,
      nbf: Number.isInteger(nbf) ? 'whole seconds' : nbf,
      exp: since(exp),
      // msal rounds one of the two and cuts the other.
      iat: Math.abs(Number(since(iat))) <= 1 ? 'now' : iat,
    },
  };
}

/** What must be the same. A secret reads [redacted]; that the same one was accepted says that it was equal. */
function sent(request: RecordedRequest | undefined) {
  assert.ok(request !== undefined, 'no request came');
  const [path, query] = request.path.split('?');
  return {
    method: request.method,
    // msal writes a slash behind the path of the metadata service.
    path: path?.replace(/\/$/, ''),
    query: withoutTelemetry(new URLSearchParams(query)),
    // A GET has no content, whose type msal names all the same.
    type: request.method === 'POST' && request.headers['content-type']?.split(';')[0],
    form: withoutTelemetry(Object.entries(request.form)),
    clientAssertion: comparable(request.clientAssertion),
    userAssertion: request.userAssertion,
    status: request.status,
  };
}

async function requestsOf(
  { wish, ours, scope, claims }: Case,
  platform?: ManagedIdentityPlatform,
): Promise<readonly [RecordedRequest | undefined, RecordedRequest | undefined]> {
  const { requests } = world.emulator;
  const asked = () =>
    requests.all.findLast(
      ({ endpoint }) => endpoint === 'token' || endpoint === 'managed-identity',
    );
  requests.clear();
  const client = foreignClient('@azure/msal-node');
  const { it: result } = await world.run(client, [], { wishes: { it: wish } }, platform);
  assert.notEqual(result?.token, undefined, result?.message);
  const theirs = asked();
  requests.clear();
  const token = await ours.getToken(scope, claims === undefined ? {} : { claims });
  assert.notEqual(token?.token, undefined);
  return [theirs, asked()];
}

describe('the token requests of msal-node and ours are the same except for telemetry', () => {
  const cases: Readonly<Record<string, () => Case>> = {
    'a secret': () => bySecret(),
    'a certificate': () => byCertificate(),
    'a certificate with its chain': () => byCertificate({ sendChain: true }),
    'a certificate by its SHA-1 thumbprint': () => byCertificate({ legacyAssertion: true }),
    'a federated assertion': byAssertion,
  };
  for (const [name, make] of Object.entries(cases)) {
    it(name, async () => {
      const [theirs, ours] = await requestsOf(make());
      assert.equal(ours?.status, 200);
      assert.deepEqual(sent(ours), sent(theirs));
    });
  }

  it('a secret with a claims challenge', async () => {
    const [theirs, ours] = await requestsOf(bySecret(CLAIMS));
    const { form, ...rest } = sent(theirs);
    // msal adds wishes for an id token, which a client of this kind never gets.
    const { id_token: _own, ...claims } = JSON.parse(form['claims'] ?? '') as { id_token?: object };
    assert.deepEqual(claims, JSON.parse(CLAIMS));
    assert.deepEqual(sent(ours), { ...rest, form: { ...form, claims: CLAIMS } });
  });

  const users = {
    'a secret': () => forUser(proofs.secret()),
    'a certificate': () => forUser(proofs.certificate()),
    'a federated assertion': () => forUser(proofs.assertion()),
  };
  for (const [name, make] of Object.entries(users)) {
    it(`on behalf of a user, proven by ${name}`, async () => {
      const [theirs, ours] = await requestsOf(make());
      const { form, ...rest } = sent(theirs);
      // msal signs the user in: it asks for an id token and a refresh token to keep. A service keeps neither, and
      // asks for what it needs.
      const { client_info: clientInfo, scope, ...shared } = form;
      assert.equal(clientInfo, '1');
      assert.equal(scope, `${STOCK_SCOPE} openid profile offline_access`);
      assert.deepEqual(sent(ours), { ...rest, form: { ...shared, scope: STOCK_SCOPE } });
      assert.notEqual(ours?.userAssertion, undefined);
    });
  }

  for (const platform of ['app-service', 'virtual-machine'] as const) {
    it(`a managed identity of ${platform}: assigned by the system, or named by each of its ids`, async () => {
      const { clientId, objectId, resourceId } = world.emulator.managedIdentity('machine');
      const env = world.emulator.managedIdentityEnvironment(platform);
      const identities = [
        [{}, {}],
        [{ userAssignedClientId: clientId }, { clientId }],
        [{ userAssignedObjectId: objectId }, { objectId }],
        [{ userAssignedResourceId: resourceId }, { resourceId }],
      ] as const;
      for (const [machine, own] of identities) {
        const ours = managedIdentity({ env, ...own });
        const wish = { machine, scope: ORDERS_SCOPE };
        const [theirs, mine] = await requestsOf({ wish, ours, scope: ORDERS_SCOPE }, platform);
        assert.equal(mine?.status, 200);
        assert.deepEqual(sent(mine), sent(theirs));
        for (const header of ['metadata', 'x-identity-header']) {
          assert.equal(mine?.headers[header], theirs?.headers[header], header);
        }
      }
    });
  }
});
