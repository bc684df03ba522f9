import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChannel, type SecureChannel } from '../client/channel.ts';
import { checkOptionNames } from '../core/options.ts';
import { startEntraEmulator } from '../emulator/emulator.ts';
import type { EntraEmulator } from '../emulator/entra-emulator.ts';
import type { AuditEvent } from '../server/audit.ts';
import { createServer, type Server } from '../server/server.ts';
import type { ServerOptions } from '../server/server-options.ts';
import { createDevelopmentCertificates } from '../tls/dev-ca.ts';
import { TEST_TENANT_ID, type TestCaller } from './callers.ts';
import { checkTestCaller } from './in-process-call.ts';

/** Options of {@link startTestStack}: those of a server, without what the stack brings. */
export type TestStackOptions = Omit<ServerOptions, 'tls' | 'entra' | 'audit'>;

/** A CA, an Entra emulator and a server on loopback. */
export interface TestStack extends AsyncDisposable {
  /** `localhost:port`, for `createChannel`. */
  readonly address: string;
  /** The CA that clients must trust, PEM. */
  readonly ca: string;
  readonly server: Server;
  readonly emulator: EntraEmulator;
  /** What the server audited, oldest first. */
  readonly events: readonly AuditEvent[];
  /** A channel whose calls carry a real token of this caller. Closed with the stack. */
  channelAs(caller: TestCaller): SecureChannel;
  /** The token of a caller, for clients in other languages. */
  tokenFor(caller: Exclude<TestCaller, 'nobody'>): Promise<string>;
  close(): Promise<void>;
}

const API = 'api://test';

/**
 * Starts everything a service needs on loopback: certificates from a new CA (openssl), an Entra emulator and the server,
 * with real TLS and real tokens.
 *
 * @throws ConfigError as `createServer` does.
 */
export async function startTestStack(options: TestStackOptions): Promise<TestStack> {
  checkOptionNames('startTestStack options', options, [
    'services',
    'interceptors',
    'limits',
    'logger',
    'metrics',
    'exposeTokens',
    'dangerouslyLetStreamsOutliveTokens',
  ]);
  const closing: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const directory = await mkdtemp(join(tmpdir(), 'grpc-entra-test-'));
    closing.push(() => rm(directory, { recursive: true, force: true }));
    const [files, emulator] = await Promise.all([
      createDevelopmentCertificates({ directory }),
      startEntraEmulator({
        tenantId: TEST_TENANT_ID,
        apis: [{ name: 'service', identifierUris: [API] }],
        apps: [{ name: 'caller' }],
      }),
    ]);
    closing.push(() => emulator.close());
    const ca = await readFile(files.caFile, 'utf8');
    const events: AuditEvent[] = [];
    const server = await createServer({
      ...options,
      entra: {
        tenantId: emulator.tenantId,
        clientId: emulator.api('service').clientId,
        authority: emulator.authority,
      },
      tls: {
        certFile: files.serverCertFile,
        keyFile: files.serverKeyFile,
        clientCertificates: 'none',
      },
      audit: (event) => events.push(event),
    });
    closing.push(() => server.close({ graceMs: 0 }));
    const bound = await server.listen('127.0.0.1:0');
    await server.ready();
    const address = `localhost:${bound.slice(bound.lastIndexOf(':') + 1)}`;
    const tokenFor: TestStack['tokenFor'] = (caller) => mint(emulator, caller);
    return {
      address,
      ca,
      server,
      emulator,
      events,
      tokenFor,
      channelAs: (caller) => {
        checkTestCaller(caller);
        const tls = { ca };
        const channel = createChannel(
          address,
          caller === 'nobody'
            ? { tls, credential: 'none' }
            : {
                tls,
                scope: `${API}/.default`,
                credential: {
                  getToken: async () => ({
                    token: await tokenFor(caller),
                    expiresOnTimestamp: caller.expiresAt * 1000,
                  }),
                },
              },
        );
        closing.push(() => channel.close());
        return channel;
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function mint(emulator: EntraEmulator, caller: Exclude<TestCaller, 'nobody'>): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return emulator.issueToken({
    kind: caller.kind,
    api: 'service',
    app: 'caller',
    tenantId: caller.tenantId,
    roles: caller.roles,
    ...(caller.kind === 'user' ? { scopes: caller.scopes } : {}),
    lifetimeSeconds: caller.expiresAt - now,
    claims: {
      oid: caller.objectId,
      // Of an application both are the same.
      ...(caller.kind === 'app' ? { sub: caller.objectId } : {}),
      azp: caller.clientId,
      ...(caller.tokenId === undefined ? {} : { uti: caller.tokenId }),
      ...(caller.groups.ids.length === 0 ? {} : { groups: caller.groups.ids }),
    },
  });
}
