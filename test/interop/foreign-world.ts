import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createChannel, createClient, ServiceError, type StatusName } from 'grpc-entra/client';
import {
  type EntraEmulator,
  type ManagedIdentityPlatform,
  startEntraEmulator,
} from 'grpc-entra/emulator';
import { allow, createServer, type Rule, type Server, service } from 'grpc-entra/server';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { OrdersServiceDefinition } from '#examples/orders/gen/orders/v1/orders.ts';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { createSelfSignedCertificate, type SelfSignedCertificate } from '#src/tls/self-signed.ts';
import { ordersOf } from '../support/orders.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { type Ended, type ForeignClient, runProgram } from './foreign-clients.ts';

export const ORDERS = 'api://orders';
export const STOCK = 'api://stock';
/** The punctuation that breaks clients which do not form-encode. */
export const SECRET = "s3cret+/=&~% '";

/** What a foreign client made of its tasks. */
export type Results = Readonly<
  Record<
    string,
    {
      readonly token?: string;
      readonly error?: string;
      readonly message?: string;
      /** Class of the error that the client threw. */
      readonly class?: string;
      /** Number the client read out of the answer. */
      readonly number?: number;
      readonly suberror?: string;
      readonly claims?: string;
      readonly correlationId?: string;
    }
  >
>;

/** What a server made of a token: who it took the caller for, or its refusal. */
export type Verdict = { readonly clientId: string } | { readonly status: StatusName };

/** An emulator, two servers that accept its tokens, and what foreign clients need to know of them. */
export interface ForeignWorld extends AsyncDisposable {
  readonly emulator: EntraEmulator;
  readonly directory: TempDir;
  /** Certificate and key of the app "certificate". */
  readonly certificate: SelfSignedCertificate;
  /** An assertion of the external issuer, for the app "federated" unless its claims are changed. */
  federatedAssertion(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Addresses of the servers by API, and the PEM of the CA of their certificates. */
  readonly servers: { readonly orders: string; readonly stock: string; readonly ca: string };
  /** Presents a token to the server of an API. */
  present(api: 'orders' | 'stock', token: string): Promise<Verdict>;
  /** @param platform - Where a managed identity is asked for. Default: `app-service`. */
  run(
    client: ForeignClient,
    tasks: readonly string[],
    more?: object,
    platform?: ManagedIdentityPlatform,
  ): Promise<Results>;
  /** Runs a program with the emulator's certificate trusted, and returns what it printed. */
  execute(
    command: readonly string[],
    stdin: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<string>;
}

/** An issuer of assertions that is not the emulator. */
async function createExternalIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] };
  const standard = {
    iss: 'https://cluster.example',
    sub: 'desk',
    aud: 'api://AzureADTokenExchange',
  };
  const assertion = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return new SignJWT({ exp, ...standard, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(privateKey);
  };
  return { jwks, assertion };
}

function startEmulator(cert: string, federated: Awaited<ReturnType<typeof createExternalIssuer>>) {
  const appRoles = { [ORDERS]: ['Orders.Read'] };
  const federatedCredentials = [
    {
      issuer: 'https://cluster.example',
      subject: 'desk',
      keys: { from: 'document', jwks: federated.jwks },
    },
  ] as const;
  return startEntraEmulator({
    apis: [
      {
        name: 'orders',
        identifierUris: [ORDERS],
        appRoles: ['Orders.Read'],
        scopes: ['Orders.Read'],
      },
      { name: 'stock', identifierUris: [STOCK], scopes: ['Stock.Read'] },
      { name: 'strict', identifierUris: ['api://strict'], assignmentRequired: true },
    ],
    apps: [
      { name: 'secret', secrets: [SECRET], appRoles },
      { name: 'certificate', certificates: [cert], appRoles },
      { name: 'federated', appRoles, federatedCredentials },
      {
        name: 'middle',
        api: 'orders',
        secrets: [SECRET],
        certificates: [cert],
        federatedCredentials,
        delegatedScopes: { [STOCK]: ['Stock.Read'] },
      },
      { name: 'portal', delegatedScopes: { [ORDERS]: ['Orders.Read'] } },
      { name: 'late', secrets: [{ value: 'past', expires: new Date(0) }] },
      { name: 'public', publicClient: true },
      { name: 'off', disabled: true },
    ],
    users: [{ name: 'Ada' }],
    managedIdentities: [{ name: 'machine', systemAssigned: true, appRoles }],
  });
}

type Certificates = Awaited<ReturnType<typeof createDevelopmentCertificates>>;

/** A server of the order service, which answers with the client id it took the caller for. */
async function startServer(
  emulator: EntraEmulator,
  files: Certificates,
  api: string,
  rule: Exclude<Rule, { readonly kind: 'public' }>,
): Promise<{ readonly server: Server; readonly target: string }> {
  const server = await createServer({
    entra: {
      tenantId: emulator.tenantId,
      clientId: emulator.api(api).clientId,
      authority: emulator.authority,
    },
    tls: {
      certFile: files.serverCertFile,
      keyFile: files.serverKeyFile,
      clientCertificates: 'none',
    },
    services: [
      service(OrdersServiceDefinition, ordersOf(rule), {
        getOrder: async (_request, { caller }) => ({ order: { orderId: caller.clientId } }),
        async *listOrders({ limit }, { caller }) {
          for (let index = 0; index < limit; index++) yield { order: { orderId: caller.clientId } };
        },
        async uploadOrders(uploads, { caller }) {
          const orderIds: string[] = [];
          for await (const _upload of uploads) orderIds.push(caller.clientId);
          return { orderIds };
        },
        async *quoteOrder(requests, { caller }) {
          for await (const _request of requests) yield { line: { sku: caller.clientId } };
        },
        approveOrder: async () => ({}),
        getCatalog: async () => ({}),
      }),
    ],
    audit: () => undefined,
  });
  const address = await server.listen('127.0.0.1:0');
  await server.ready();
  return { server, target: `localhost:${address.split(':').at(-1)}` };
}

async function ask(target: string, ca: string, token: string): Promise<Verdict> {
  const channel = createChannel(target, {
    tls: { ca },
    credential: {
      getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
    },
    scope: `${ORDERS}/.default`,
  });
  try {
    const client = createClient(OrdersServiceDefinition, channel);
    const { order } = await client.getOrder({ orderId: '' });
    return { clientId: order?.orderId ?? '' };
  } catch (error) {
    if (error instanceof ServiceError) return { status: error.status };
    throw error;
  } finally {
    channel.close();
  }
}

async function inputOf(
  emulator: EntraEmulator,
  directory: TempDir,
  made: Awaited<ReturnType<typeof createSelfSignedCertificate>>,
  assertion: string,
) {
  const { raw } = new X509Certificate(made.cert);
  const thumbprint = (algorithm: string) => createHash(algorithm).update(raw).digest('hex');
  const middle = emulator.app('middle');
  return {
    origin: emulator.origin,
    tenantId: emulator.tenantId,
    scope: `${ORDERS}/.default`,
    otherScope: `${STOCK}/.default`,
    caFile: directory.file('emulator.pem'),
    directory: directory.path,
    secret: { clientId: emulator.app('secret').clientId, value: SECRET },
    certificate: {
      clientId: emulator.app('certificate').clientId,
      key: made.key.reveal(),
      pem: made.cert,
      sha1: thumbprint('sha1'),
      sha256: thumbprint('sha256'),
    },
    federated: { clientId: emulator.app('federated').clientId, assertion },
    middle: {
      clientId: middle.clientId,
      secret: middle.clientSecret.reveal(),
      userToken: await emulator.issueToken({ kind: 'user', api: 'orders', app: 'portal' }),
      scope: `${STOCK}/.default`,
    },
  };
}

/** Starts all of it. */
export async function startForeignWorld(): Promise<ForeignWorld> {
  const directory = tempDir();
  const [files, made, federated] = await Promise.all([
    createDevelopmentCertificates({ directory: directory.path }),
    createSelfSignedCertificate({ commonName: 'desk', hosts: [], key: 'rsa-2048', days: 2 }),
    createExternalIssuer(),
  ]);
  const emulator = await startEmulator(made.cert, federated);
  const [orders, stock] = await Promise.all([
    startServer(emulator, files, 'orders', allow.app({ anyRole: ['Orders.Read'] })),
    startServer(emulator, files, 'stock', allow.user({ anyScope: ['Stock.Read'] })),
  ]);
  const ca = readFileSync(files.caFile, 'utf8');
  const servers = { orders: orders.target, stock: stock.target, ca };
  writeFileSync(directory.file('emulator.pem'), emulator.ca);
  const input = await inputOf(emulator, directory, made, await federated.assertion());
  const execute: ForeignWorld['execute'] = async (command, stdin, env = {}) => {
    const trusted = { HOME: directory.path, NODE_EXTRA_CA_CERTS: directory.file('emulator.pem') };
    const ended: Ended = await runProgram(command, stdin, { ...trusted, ...env });
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };
  return {
    emulator,
    directory,
    certificate: made,
    federatedAssertion: federated.assertion,
    servers,
    present: (api, token) => ask(servers[api], ca, token),
    run: async (client, tasks, more = {}, platform = 'app-service') => {
      const env = emulator.managedIdentityEnvironment(platform);
      const stdin = JSON.stringify({ ...input, ...more, tasks });
      return JSON.parse(await execute(client.command, stdin, env)) as Results;
    },
    execute,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([orders.server.close({ graceMs: 0 }), stock.server.close({ graceMs: 0 })]);
      await emulator.close();
      directory[Symbol.dispose]();
    },
  };
}
