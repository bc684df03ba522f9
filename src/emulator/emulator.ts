import { randomBytes } from 'node:crypto';
import { checkChoice, checkString } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import type { EmulatorAuthority } from '../entra/authority.ts';
import { createSelfSignedCertificate, type SelfSignedCertificate } from '../tls/self-signed.ts';
import { AppHandle, type EmulatedAppCredentials } from './app-handle.ts';
import {
  EMULATED_CLIENTS,
  type EmulatedClient,
  printClientSettings,
  type SettingsRequest,
} from './client-settings.ts';
import { type EmulatorContext, issueAccessToken } from './context.ts';
import { handleExchange, type RouteFinder } from './exchange.ts';
import type { Fault } from './fault.ts';
import { FaultQueue, type Injection, type InjectOptions } from './fault-queue.ts';
import { findByName } from './ids.ts';
import { KeyRing } from './key-ring.ts';
import { LoopbackServer, type ServerIdentity } from './loopback-server.ts';
import {
  type ManagedIdentityPlatform,
  managedIdentityEnvironment,
  managedIdentityRoutes,
} from './managed-identity-routes.ts';
import { type MintOptions, mintContent } from './mint.ts';
import { type EmulatorOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { type RequestLog, RequestRecorder } from './request-log.ts';
import { findRoute } from './routes.ts';

/** A running emulator. */
export interface EntraEmulator {
  /** `https://localhost:PORT` */
  readonly origin: string;
  /** Id of the tenant that registrations are in. */
  readonly tenantId: string;
  /** PEM of the certificate to trust for it. */
  readonly ca: string;
  /** For the option `authority` of servers and credentials. */
  readonly authority: EmulatorAuthority;
  /** What it was asked, with secrets left out. */
  readonly requests: RequestLog;
  /** Id and secret of a registered application. */
  app(name: string): EmulatedAppCredentials;
  /** Id of a registered API, and the scope to ask for it with. */
  api(name: string): { readonly clientId: string; readonly scope: string };
  /** Ids of a registered user. */
  user(name: string): { readonly objectId: string; readonly tenantId: string };
  /** Id of a further tenant. */
  tenant(name: string): { readonly tenantId: string };
  /** Ids of a registered managed identity. */
  managedIdentity(name: string): {
    readonly clientId: string;
    readonly objectId: string;
    readonly resourceId: string;
  };
  /**
   * Environment variables with which managed identity libraries find this emulator. One holds a secret.
   *
   * @throws ConfigError when no managed identity is registered.
   */
  managedIdentityEnvironment(platform: ManagedIdentityPlatform): Readonly<Record<string, string>>;
  /** Mints a token directly, also one no authority would issue: expired, for others, signed by an unknown key. */
  issueToken(options: MintOptions): Promise<string>;
  /** Publishes the next signing key, without using it yet. */
  announceSigningKey(): Promise<void>;
  /**
   * Signs with the announced key, or else a new one, from now on. The old one stays published unless `withdraw` is
   * set.
   */
  rotateSigningKey(options?: { readonly withdraw?: boolean }): Promise<void>;
  /** Lays a fault in wait for requests to come. Several are met in the order they were laid. */
  inject(fault: Fault, options?: InjectOptions): Injection;
  /** Presents a certificate that {@link EntraEmulator.ca} does not cover, to new connections, until it is restored. */
  presentForeignCertificate(): Promise<Disposable & { restore(): void }>;
  /** Writes the settings with which a client reaches this emulator, as source text to copy, without secrets. */
  clientSettings(client: EmulatedClient, request: SettingsRequest): string;
  /** Stops, and ends all connections, whatever they are doing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

class Emulator implements EntraEmulator {
  readonly #options: ResolvedOptions;
  readonly #keys: KeyRing;
  readonly #identity: ServerIdentity;
  readonly #server: LoopbackServer;
  readonly #recorder = new RequestRecorder();
  readonly #faults = new FaultQueue();
  readonly #identityHeader = new Secret(randomBytes(24).toString('base64url'));
  #managedIdentityServer: LoopbackServer | undefined;
  #managedIdentityPort = 0;
  #origin = '';
  #hinted = false;

  constructor(options: ResolvedOptions, keys: KeyRing, identity: ServerIdentity) {
    this.#options = options;
    this.#keys = keys;
    this.#identity = identity;
    const handle = this.#handler(findRoute);
    this.#server = LoopbackServer.https(identity, (request, response) => {
      this.#hintAboutHost(request.headers.host);
      handle(request, response);
    });
  }

  async listen(): Promise<void> {
    this.#origin = `https://localhost:${await this.#server.listen(this.#options.port)}`;
    if (this.#options.directory.managedIdentities.length === 0) return;
    const server = LoopbackServer.plain(this.#handler(managedIdentityRoutes(this.#identityHeader)));
    this.#managedIdentityServer = server;
    this.#managedIdentityPort = await server.listen(0);
  }

  #handler(routeOf: RouteFinder): Parameters<typeof LoopbackServer.plain>[0] {
    const parts = {
      context: () => this.#context(),
      routeOf,
      recorder: this.#recorder,
      faults: this.#faults,
      logger: this.#options.logger,
    };
    return (request, response) => {
      handleExchange(parts, request, response).catch(() => response.destroy());
    };
  }

  #context(): EmulatorContext {
    const { directory, clock, lifetimeSeconds } = this.#options;
    return { origin: this.#origin, directory, keys: this.#keys, clock, lifetimeSeconds };
  }

  /** Clients that compare issuers fail with messages that do not say why (trap T6). */
  #hintAboutHost(host: string | undefined): void {
    const own = new URL(this.#origin).host;
    if (this.#hinted || host === own) return;
    this.#hinted = true;
    this.#options.logger.warn(
      'the emulator was asked under another name than its own; clients that compare issuers will refuse its answers',
      { askedAs: String(host).slice(0, 100), ownName: own },
    );
  }

  get origin(): string {
    return this.#origin;
  }

  get tenantId(): string {
    return this.#options.directory.home.tenantId;
  }

  get ca(): string {
    return this.#identity.cert;
  }

  get authority(): EmulatorAuthority {
    return { emulator: this.#origin, ca: this.ca };
  }

  get requests(): RequestLog {
    return this.#recorder;
  }

  app(name: string): EmulatedAppCredentials {
    return new AppHandle(findByName('app', this.#options.directory.apps, name));
  }

  api(name: string): { readonly clientId: string; readonly scope: string } {
    const api = findByName('api', this.#options.directory.apis, name);
    return { clientId: api.clientId, scope: `${api.identifierUris[0]}/.default` };
  }

  user(name: string): { readonly objectId: string; readonly tenantId: string } {
    const { objectId, tenantId } = findByName('user', this.#options.directory.users, name);
    return { objectId, tenantId };
  }

  tenant(name: string): { readonly tenantId: string } {
    const { tenantId } = findByName('tenant', this.#options.directory.tenants, name);
    return { tenantId };
  }

  managedIdentity(name: string): {
    readonly clientId: string;
    readonly objectId: string;
    readonly resourceId: string;
  } {
    const { managedIdentities } = this.#options.directory;
    const found = findByName('managed identity', managedIdentities, name);
    return { clientId: found.clientId, objectId: found.objectId, resourceId: found.resourceId };
  }

  managedIdentityEnvironment(platform: ManagedIdentityPlatform): Readonly<Record<string, string>> {
    return managedIdentityEnvironment(platform, this.#managedIdentityPort, this.#identityHeader);
  }

  async issueToken(options: MintOptions): Promise<string> {
    const content = mintContent(this.#options.directory, options);
    return issueAccessToken(this.#context(), content, options);
  }

  announceSigningKey(): Promise<void> {
    return this.#keys.announce();
  }

  rotateSigningKey(options: { readonly withdraw?: boolean } = {}): Promise<void> {
    return this.#keys.rotate(options.withdraw === true);
  }

  inject(fault: Fault, options?: InjectOptions): Injection {
    return this.#faults.inject(fault, options);
  }

  async presentForeignCertificate(): Promise<Disposable & { restore(): void }> {
    this.#server.present(await createServerCertificate());
    const restore = (): void => this.#server.present(this.#identity);
    return { restore, [Symbol.dispose]: restore };
  }

  clientSettings(client: EmulatedClient, request: SettingsRequest): string {
    checkChoice('clientSettings client', client, EMULATED_CLIENTS);
    return printClientSettings(client, {
      origin: this.#origin,
      tenantId: this.tenantId,
      clientId: this.app(request.app).clientId,
      scope: this.api(request.api).scope,
      caFile: checkString('clientSettings caFile', request.caFile),
    });
  }

  async close(): Promise<void> {
    this.#recorder.close();
    await Promise.all([this.#server.close(), this.#managedIdentityServer?.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A leaf that is its own anchor: trusting it lets nobody pose as another host. */
function createServerCertificate(): Promise<SelfSignedCertificate> {
  return createSelfSignedCertificate({
    commonName: 'grpc-entra emulator',
    hosts: ['localhost', '127.0.0.1', '::1'],
    key: 'ec-p256',
    days: 30,
  });
}

/**
 * Starts an Entra for development and tests: metadata, keys and token endpoint over HTTPS on loopback.
 *
 * Its tokens name it as their issuer and can never pass for Microsoft's; servers accept it only when they are told
 * to, and never with `NODE_ENV=production`.
 *
 * @throws ConfigError for a wrong option, a port that is taken, or a missing openssl command.
 */
export async function startEntraEmulator(options: EmulatorOptions): Promise<EntraEmulator> {
  const resolved = resolveOptions(options);
  const [identity, keys] = await Promise.all([
    resolved.identity ?? createServerCertificate(),
    KeyRing.create(),
  ]);
  const emulator = new Emulator(resolved, keys, identity);
  await emulator.listen();
  return emulator;
}
