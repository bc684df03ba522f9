import { ConfigError } from './errors.ts';

/** Where a server listens. */
export interface ListenAddress {
  /** Host name or IP address, without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/**
 * Reads `host:port`, `[ipv6]:port`.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` for anything else; the host is never guessed, because listening on all
 * interfaces is a decision.
 */
export function parseListenAddress(address: unknown): ListenAddress {
  const match = typeof address === 'string' ? ADDRESS.exec(address) : null;
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'listen address must be "host:port" with a port from 0 to 65535, for example "127.0.0.1:8443", "0.0.0.0:8443" or "[::1]:0"',
    );
  }
  return { host, port };
}

/** Writes an address back as text, with brackets around IPv6. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
