import { ConfigError } from '../core/errors.ts';

const LISTEN_HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; choose another port, or 0 for any',
  EACCES: 'ports below 1024 need privileges; choose a higher one',
  EADDRNOTAVAIL: 'this machine has no such address; use 127.0.0.1, 0.0.0.0 or one of its own',
  ENOTFOUND: 'the host name is not known; use an IP address',
};

/** The error for an address that cannot be had. */
export function listenFailed(address: { host: string; port: number }, cause: Error): ConfigError {
  const code = 'code' in cause ? String(cause.code) : 'no code';
  return new ConfigError(
    'ERR_LISTEN_FAILED',
    `cannot listen on ${address.host} port ${address.port} (${code}); ${LISTEN_HINTS[code] ?? 'see the cause'}`,
    { cause },
  );
}
