import { isIP } from 'node:net';
import { ConfigError } from '../core/errors.ts';

const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Whether a text is an IPv4 or IPv6 address. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/**
 * Checks a DNS name before it goes into an OpenSSL configuration, where a newline, `$` or comma would be syntax.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` for anything but letters, digits, hyphens and dots.
 */
export function checkHostName(where: string, name: unknown): string {
  if (typeof name !== 'string' || !HOST_NAME.test(name)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} holds a value that is no host name or IP address; write it like orders.internal or 127.0.0.1`,
    );
  }
  return name.toLowerCase();
}
