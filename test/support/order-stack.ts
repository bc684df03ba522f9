import { readFileSync } from 'node:fs';
import { createChannel, type SecureChannel, type TokenCredential } from 'grpc-entra/client';
import { type EntraEmulator, type MintOptions, startEntraEmulator } from 'grpc-entra/emulator';
import {
  type AuditEvent,
  type CallEvent,
  createServer,
  rulesFromProto,
  type Server,
  type ServerOptions,
  service,
} from 'grpc-entra/server';
import { OrdersServiceDefinition, protoMetadata } from '#examples/orders/gen/orders/v1/orders.ts';
import type { Clock } from '#src/core/clock.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { tempDir } from './temp-dir.ts';

/** Counts what the gate must prevent. */
export interface Counters {
  decoded: number;
  entered: number;
}

type Definition = typeof OrdersServiceDefinition;

/** The order service's definition, counting each request that is decoded. */
function countingDefinition(counters: Counters): Definition {
  const methods = Object.fromEntries(
    Object.entries(OrdersServiceDefinition.methods).map(([name, method]) => {
      const requestType = {
        ...method.requestType,
        decode: (bytes: Uint8Array) => {
          counters.decoded += 1;
          return method.requestType.decode(bytes);
        },
      };
      return [name, { ...method, requestType }];
    }),
  );
  return { ...OrdersServiceDefinition, methods } as unknown as Definition;
}

/** Emulator, server and certificates in this process. */
export interface OrderStack extends AsyncDisposable {
  readonly emulator: EntraEmulator;
  readonly server: Server;
  readonly port: number;
  readonly caFile: string;
  readonly counters: Counters;
  readonly events: AuditEvent[];
  /** The next call event that no test has taken yet. */
  nextCall(): Promise<CallEvent>;
  mint(options?: Partial<MintOptions>): Promise<string>;
  channel(credential: TokenCredential | 'none'): SecureChannel;
  /** A channel that sends exactly this token. */
  withToken(token: string): SecureChannel;
}

const API = 'api://orders';

/** @param changes - Options of the server beside those the stack needs. */
export async function startOrderStack({
  clock,
  ...changes
}: Pick<ServerOptions, 'logger'> & { readonly clock?: Clock } = {}): Promise<OrderStack> {
  const dir = tempDir();
  const counters: Counters = { decoded: 0, entered: 0 };
  const [files, emulator] = await Promise.all([
    createDevelopmentCertificates({ directory: dir.path }),
    startEntraEmulator({
      apis: [
        { name: 'orders', identifierUris: [API], appRoles: ['Orders.Read', 'Orders.Write'] },
        { name: 'other', identifierUris: ['api://other'], appRoles: ['Orders.Read'] },
      ],
      apps: [{ name: 'desk', appRoles: { [API]: ['Orders.Read', 'Orders.Write'] } }],
    }),
  ]);
  const events: AuditEvent[] = [];
  const unread: CallEvent[] = [];
  let waiting: ((event: CallEvent) => void) | undefined;
  const enter = <T>(value: T): T => {
    counters.entered += 1;
    return value;
  };
  const server = await createServer({
    ...changes,
    entra: {
      tenantId: emulator.tenantId,
      clientId: emulator.api('orders').clientId,
      authority: emulator.authority,
      ...(clock === undefined ? {} : { clock }),
    },
    tls: {
      certFile: files.serverCertFile,
      keyFile: files.serverKeyFile,
      clientCertificates: 'none',
    },
    services: [
      service(countingDefinition(counters), rulesFromProto(protoMetadata), {
        getOrder: async ({ orderId }) => enter({ order: { orderId } }),
        async *listOrders({ limit }) {
          enter(0);
          for (let index = 0; index < limit; index++) yield { order: { orderId: String(index) } };
        },
        async uploadOrders(uploads) {
          enter(0);
          const orderIds: string[] = [];
          for await (const upload of uploads) orderIds.push(String(upload.lines.length));
          return { orderIds };
        },
        async *quoteOrder(lines) {
          enter(0);
          for await (const { line } of lines) yield { line };
        },
        approveOrder: async ({ orderId }) => enter({ order: { orderId } }),
        getCatalog: async () => enter({ currencyCodes: ['EUR'] }),
      }),
    ],
    audit: (event) => {
      events.push(event);
      if (event.event !== 'call') return;
      if (waiting === undefined) unread.push(event);
      else waiting(event);
      waiting = undefined;
    },
  });
  const address = await server.listen('127.0.0.1:0');
  await server.ready();
  const port = Number(address.split(':').at(-1));
  const channels: SecureChannel[] = [];
  const channel = (credential: TokenCredential | 'none'): SecureChannel => {
    const tls = { ca: readFileSync(files.caFile, 'utf8') };
    const opened = createChannel(
      `localhost:${port}`,
      credential === 'none' ? { tls, credential } : { tls, credential, scope: `${API}/.default` },
    );
    channels.push(opened);
    return opened;
  };
  return {
    emulator,
    server,
    port,
    caFile: files.caFile,
    counters,
    events,
    nextCall: () => {
      const event = unread.shift();
      if (event !== undefined) return Promise.resolve(event);
      const { promise, resolve } = withResolvers<CallEvent>();
      waiting = resolve;
      return promise;
    },
    mint: (options = {}) =>
      emulator.issueToken({
        kind: 'app',
        api: 'orders',
        app: 'desk',
        roles: ['Orders.Read', 'Orders.Write'],
        ...options,
      }),
    channel,
    withToken: (token) =>
      channel({ getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }),
    [Symbol.asyncDispose]: async () => {
      for (const opened of channels) opened.close();
      await server.close({ graceMs: 0 });
      await emulator.close();
      dir[Symbol.dispose]();
    },
  };
}
