import { type ClientTls, type ClientTlsOptions, loadClientTls } from './client-tls.ts';
import type { RevocationLists } from './crl.ts';
import type { Identity } from './identity.ts';
import { filesOf, type ReloadDependencies, Reloader, resolveReloadMs } from './reload.ts';
import { loadServerTls, type ServerTls, type ServerTlsOptions } from './server-tls.ts';

/** What ends with time. */
interface Expiring {
  readonly identity: Identity | undefined;
  readonly revocation: RevocationLists | undefined;
}

const DAY_MS = 86_400_000;

/** Tells, once a day, what wants renewing, and the time left at every look. */
class ExpiryWatch {
  readonly #kind: 'server' | 'client';
  readonly #dependencies: ReloadDependencies;
  readonly #toldAt = new Map<string, number>();

  constructor(kind: 'server' | 'client', dependencies: ReloadDependencies) {
    this.#kind = kind;
    this.#dependencies = dependencies;
  }

  inspect({ identity, revocation }: Expiring): void {
    const { clock, metrics } = this.#dependencies;
    const now = clock.now();
    const kind = this.#kind;
    if (identity !== undefined) {
      const left = identity.expiresAt - now;
      metrics.gauge('grpc_entra.tls.certificate.expires_in_seconds', left / 1000, { kind });
      const life = identity.expiresAt - Date.parse(identity.leaf.validFrom);
      if (left < life / 3) this.#tell('the certificate in use nears its end; renew it', left);
    }
    if (revocation !== undefined) {
      const left = revocation.nextUpdate - now;
      metrics.gauge('grpc_entra.tls.crl.expires_in_seconds', left / 1000, { kind });
      // At its end every client is refused, so the warning comes early.
      if (left < (revocation.nextUpdate - revocation.thisUpdate) / 2) {
        this.#tell('a revocation list in use nears its end; renew it', left);
      }
    }
  }

  #tell(message: string, leftMs: number): void {
    const { clock, logger } = this.#dependencies;
    const toldAt = this.#toldAt.get(message) ?? Number.NEGATIVE_INFINITY;
    if (clock.monotonic() - toldAt < DAY_MS) return;
    this.#toldAt.set(message, clock.monotonic());
    logger.warn(message, { kind: this.#kind, hoursLeft: Math.floor(leftMs / 3_600_000) });
  }
}

/** What a server does with its TLS. */
export interface ServerTlsUser {
  /** Puts new material to use; called for changes, not for what is loaded first. */
  apply(tls: ServerTls): void;
  /** Called at every look at the files, changed or not. */
  looked(): void;
}

/**
 * Loads the TLS of a server and keeps it current.
 *
 * @throws ConfigError as {@link loadServerTls}.
 */
export function watchServerTls(
  where: string,
  options: ServerTlsOptions,
  user: ServerTlsUser,
  dependencies: ReloadDependencies,
): Reloader<ServerTls> {
  const watch = new ExpiryWatch('server', dependencies);
  // What its owner does with the object later changes nothing here.
  const own = { ...options };
  const source = {
    kind: 'server',
    files: filesOf(own),
    load: () => loadServerTls(where, own, dependencies.clock.now()),
    apply: (tls: ServerTls) => user.apply(tls),
    inspect: (tls: ServerTls) => {
      watch.inspect(tls);
      user.looked();
    },
  } as const;
  const reloader = new Reloader(source, resolveReloadMs(where, options), dependencies);
  for (const warning of reloader.current.identity.warnings) dependencies.logger.warn(warning);
  return reloader;
}

/**
 * Loads the TLS of a client and keeps it current.
 *
 * @throws ConfigError as {@link loadClientTls}.
 */
export function watchClientTls(
  where: string,
  options: ClientTlsOptions,
  dependencies: ReloadDependencies,
): Reloader<ClientTls> {
  const watch = new ExpiryWatch('client', dependencies);
  const own = { ...options };
  const source = {
    kind: 'client',
    files: filesOf(own),
    load: () => loadClientTls(where, own, dependencies.clock.now()),
    // New connections ask for what is current.
    apply: () => {},
    inspect: (tls: ClientTls) => watch.inspect(tls),
  } as const;
  return new Reloader(source, resolveReloadMs(where, options), dependencies);
}
