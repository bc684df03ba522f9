import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { checkGuid, checkInteger, checkOptionNames, invalidOption } from '../core/options.ts';
import { Secret } from '../core/secret.ts';
import type { EmulatorAuthority } from '../entra/authority.ts';
import { createSelfSignedCertificate } from '../tls/self-signed.ts';
import { resolveTlsPolicy, secureContextOptions } from '../tls/settings.ts';
import {
  type Api,
  type App,
  type EmulatedApi,
  type EmulatedApp,
  findNamed,
  guidFrom,
  resolveApi,
  resolveApp,
} from './registrations.ts';
import { type EmulatedTenant, handleRequest } from './routes.ts';
import { createSigningKey, type SigningKey } from './signing-key.ts';
import { accessTokenClaims, checkMintable, type MintOptions, signToken } from './tokens.ts';

/** Options of {@link startEntraEmulator}. */
export interface EmulatorOptions {
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: a fixed GUID, the same at every start. */
  readonly tenantId?: string;
  readonly apis: readonly EmulatedApi[];
  readonly apps: readonly EmulatedApp[];
  /** Lifetime of issued tokens. Default: 3600. */
  readonly tokenLifetimeSeconds?: number;
  /** Certificate and key of the HTTPS server, for `localhost`. Default: a self-signed leaf made at start. */
  readonly identity?: { readonly cert: string; readonly key: string | Secret };
  /** Source of time, for tests. */
  readonly clock?: Clock;
}

/** A running emulator. */
export interface EntraEmulator {
  /** `https://localhost:PORT` */
  readonly origin: string;
  readonly tenantId: string;
  /** PEM of the certificate to trust for it. */
  readonly ca: string;
  /** For the option `authority` of servers and credentials. */
  readonly authority: EmulatorAuthority;
  /** Id and secret of a registered application. */
  app(name: string): { readonly clientId: string; readonly clientSecret: Secret };
  /** Id of a registered API, and the scope to ask for it with. */
  api(name: string): { readonly clientId: string; readonly scope: string };
  /** Mints a token directly, also one no authority would issue: expired, for others, signed by an unknown key. */
  issueToken(options: MintOptions): Promise<string>;
  /** Signs with a new key from now on. The old one stays published unless `withdraw` is set. */
  rotateSigningKey(options?: { readonly withdraw?: boolean }): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Parts {
  readonly tenantId: string;
  readonly apis: readonly Api[];
  readonly apps: readonly App[];
  readonly lifetimeSeconds: number;
  readonly clock: Clock;
  readonly identity: { readonly cert: string; readonly key: string | Secret };
  readonly signingKey: SigningKey;
}

class Emulator implements EntraEmulator {
  readonly #parts: Parts;
  readonly #server: Server;
  #keys: readonly SigningKey[];
  #forgedKey: Promise<SigningKey> | undefined;
  #origin = '';
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#keys = [parts.signingKey];
    const { cert, key } = parts.identity;
    this.#server = createServer({
      ...secureContextOptions(resolveTlsPolicy('emulator tls', {})),
      cert,
      key: key instanceof Secret ? key.reveal() : key,
      ALPNProtocols: ['http/1.1'],
      requestTimeout: 10_000,
      headersTimeout: 5000,
    });
    this.#server.on('request', (request, response) => {
      handleRequest(this.#tenant(), request, response).catch(() => response.destroy());
    });
    // Peers that break off a handshake or a request are their own problem.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  async listen(port: number): Promise<void> {
    // Loopback alone: whoever reaches the emulator can have any token.
    this.#server.listen(port, '127.0.0.1');
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      throw new ConfigError(
        'ERR_LISTEN_FAILED',
        `the emulator cannot listen on port ${port}; choose another, or leave it out for any`,
        { cause },
      );
    }
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    this.#origin = `https://localhost:${address.port}`;
  }

  #tenant(): EmulatedTenant {
    const { tenantId, apis, apps, lifetimeSeconds, clock } = this.#parts;
    return {
      origin: this.#origin,
      tenantId,
      apis,
      apps,
      lifetimeSeconds,
      keys: () => this.#keys,
      now: () => new Date(clock.now()),
      issue: (app, api, resource, roles) =>
        this.#sign({ kind: 'app', api: api.name, app: app.name, roles }, resource),
    };
  }

  get origin(): string {
    return this.#origin;
  }

  get tenantId(): string {
    return this.#parts.tenantId;
  }

  get ca(): string {
    return this.#parts.identity.cert;
  }

  get authority(): EmulatorAuthority {
    return { emulator: this.#origin, ca: this.ca };
  }

  app(name: string): { readonly clientId: string; readonly clientSecret: Secret } {
    const app = findNamed('app', this.#parts.apps, name);
    const [secret] = app.secrets;
    if (secret === undefined)
      throw invalidOption(`emulator app "${name}" secrets`, 'not empty', []);
    return { clientId: app.clientId, clientSecret: secret.value };
  }

  api(name: string): { readonly clientId: string; readonly scope: string } {
    const api = findNamed('api', this.#parts.apis, name);
    return { clientId: api.clientId, scope: `${api.identifierUris[0]}/.default` };
  }

  async issueToken(options: MintOptions): Promise<string> {
    checkMintable(options);
    return this.#sign(options, undefined);
  }

  async #sign(options: MintOptions, resource: string | undefined): Promise<string> {
    const { tenantId, apis, apps, clock, lifetimeSeconds } = this.#parts;
    const api = findNamed('api', apis, options.api);
    const claims: Record<string, unknown> = {
      ...accessTokenClaims({
        kind: options.kind,
        api,
        app: findNamed('app', apps, options.app),
        tenantId: options.tenantId ?? tenantId,
        roles: options.roles ?? [],
        scopes: options.scopes ?? [],
        resource: resource ?? api.identifierUris[0] ?? api.clientId,
        now: Math.floor(clock.now() / 1000) - (options.issuedSecondsAgo ?? 0),
        lifetimeSeconds: options.lifetimeSeconds ?? lifetimeSeconds,
        clientAuthentication: '1',
        origin: this.#origin,
      }),
      ...options.claims,
    };
    const [published] = this.#keys;
    if (published === undefined) throw new Error('no signing key');
    const v1 = api.version === '1.0' ? { x5t: published.kid } : {};
    const header = { ...v1, ...options.header };
    if (options.signingKey !== 'forged') return signToken(claims, published, header);
    this.#forgedKey ??= createSigningKey();
    return signToken(claims, await this.#forgedKey, { kid: published.kid, ...header });
  }

  async rotateSigningKey(options: { readonly withdraw?: boolean } = {}): Promise<void> {
    const next = await createSigningKey();
    this.#keys = options.withdraw === true ? [next] : [next, ...this.#keys];
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
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
  checkOptionNames('startEntraEmulator options', options, [
    'port',
    'tenantId',
    'apis',
    'apps',
    'tokenLifetimeSeconds',
    'identity',
    'clock',
  ]);
  const port = checkInteger('startEntraEmulator port', options.port, {
    min: 0,
    max: 65_535,
    default: 0,
  });
  const apis = options.apis.map(resolveApi);
  const apps = options.apps.map((app) => resolveApp(app, apis));
  const [identity, signingKey] = await Promise.all([
    options.identity ??
      createSelfSignedCertificate({
        commonName: 'grpc-entra emulator',
        hosts: ['localhost', '127.0.0.1', '::1'],
        key: 'ec-p256',
        days: 30,
      }),
    createSigningKey(),
  ]);
  const emulator = new Emulator({
    tenantId:
      options.tenantId === undefined
        ? guidFrom('grpc-entra emulated tenant')
        : checkGuid('startEntraEmulator tenantId', options.tenantId, 'a tenant id'),
    apis,
    apps,
    lifetimeSeconds: checkInteger(
      'startEntraEmulator tokenLifetimeSeconds',
      options.tokenLifetimeSeconds,
      {
        min: 1,
        max: 86_400,
        default: 3600,
      },
    ),
    clock: options.clock ?? systemClock,
    identity,
    signingKey,
  });
  await emulator.listen(port);
  return emulator;
}
