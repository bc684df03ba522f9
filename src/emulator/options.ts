import { type Clock, systemClock } from '../core/clock.ts';
import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { checkInteger, checkOptionNames, invalidOption } from '../core/options.ts';
import { type Directory, type DirectoryOptions, resolveDirectory } from './directory.ts';
import type { ServerIdentity } from './loopback-server.ts';

/** Options of {@link startEntraEmulator}. */
export interface EmulatorOptions extends DirectoryOptions {
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Lifetime of issued tokens. Default: 3600. */
  readonly tokenLifetimeSeconds?: number;
  /** Certificate and key of the HTTPS server, for `localhost`. Default: a self-signed leaf made at start. */
  readonly identity?: ServerIdentity;
  /** Source of time, for tests. */
  readonly clock?: Clock;
  /** Gets hints about requests that cannot work. Default: silent. */
  readonly logger?: Logger;
}

/** The options, checked. */
export interface ResolvedOptions {
  readonly directory: Directory;
  readonly port: number;
  readonly lifetimeSeconds: number;
  readonly identity: ServerIdentity | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NAMES: readonly string[] = [
  'port',
  'tenantId',
  'domains',
  'tenants',
  'apis',
  'apps',
  'users',
  'managedIdentities',
  'tokenLifetimeSeconds',
  'identity',
  'clock',
  'logger',
];

function checkIdentity(where: string, identity: ServerIdentity | undefined): void {
  if (identity === undefined) return;
  checkOptionNames(where, identity, ['cert', 'key']);
  if (typeof identity.cert !== 'string' || identity.key === undefined) {
    throw invalidOption(where, 'a certificate and its key as PEM', identity);
  }
}

/** Checks the options of an emulator. */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const where = 'startEntraEmulator';
  checkOptionNames(`${where} options`, options, NAMES);
  checkIdentity(`${where} identity`, options.identity);
  return {
    directory: resolveDirectory(options),
    port: checkInteger(`${where} port`, options.port, { min: 0, max: 65_535, default: 0 }),
    lifetimeSeconds: checkInteger(`${where} tokenLifetimeSeconds`, options.tokenLifetimeSeconds, {
      min: 1,
      max: 86_400,
      default: 3600,
    }),
    identity: options.identity,
    clock: options.clock ?? systemClock,
    logger: guardedLogger(options.logger ?? silentLogger),
  };
}
