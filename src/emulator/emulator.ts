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
import type { EntraEmulator } from './entra-emulator.ts';
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
import { EmulatorPage } from './page/serve.ts';
import { type RequestLog, RequestRecorder } from './request-log.ts';
import { findRoute } from './routes.ts';

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
    const page = new EmulatorPage(() => this.#context(), this.#recorder);
    this.#server = LoopbackServer.https(identity, (request, response) => {
      if (EmulatorPage.owns(request.url)) {
        page.serve(request, response).catch(() => response.destroy());
        return;
      }
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
