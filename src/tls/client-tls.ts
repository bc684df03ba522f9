import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { checkGiven, checkOptionNames, checkString, invalidOption } from '../core/options.ts';
import { loadRevocationLists, type RevocationLists } from './crl.ts';
import {
  IDENTITY_OPTIONS,
  type Identity,
  type IdentityOptions,
  identityContextOptions,
  loadIdentity,
} from './identity.ts';
import { profiles } from './profiles.ts';
import { RELOAD_OPTIONS, type ReloadOptions } from './reload.ts';
import {
  resolveTlsPolicy,
  secureContextOptions,
  TLS_POLICY_OPTIONS,
  type TlsPolicy,
  type TlsPolicyOptions,
} from './settings.ts';
import { loadTrust } from './trust.ts';

/** What is asked of a server's certificate beside a trusted CA and the right name. */
export interface ServerVerificationOptions {
  /** Revocation lists of the CAs, PEM: one for each, root included. Default: revocation is not checked. */
  readonly crlFile?: string;
  /** The same as text. */
  readonly crl?: string;
  /**
   * SHA-256 of public keys (SubjectPublicKeyInfo, RFC 7469 section 2.4), base64, one of which the server must hold. The
   * name is checked all the same. Give a second one for the next key.
   */
  readonly pins?: readonly string[];
  /** The name to ask for and to find in the certificate, in place of the address's host. For tests and tunnels. */
  readonly serverName?: string;
}

/** TLS of a client: whom to trust, the policy, and perhaps a certificate of its own. */
export type ClientTlsOptions = TlsPolicyOptions &
  ServerVerificationOptions &
  ReloadOptions &
  ({ readonly caFile: string } | { readonly ca: string }) &
  (IdentityOptions | { readonly certFile?: never; readonly cert?: never });

/** The same, checked and loaded. */
export interface ClientTls {
  readonly policy: TlsPolicy;
  readonly secureContext: SecureContext;
  readonly identity: Identity | undefined;
  readonly revocation: RevocationLists | undefined;
  readonly pins: readonly string[];
  readonly serverName: string | undefined;
}

const PIN = /^[A-Za-z0-9+/]{43}=$/;

function checkPins(where: string, pins: unknown): readonly string[] {
  if (pins === undefined) return [];
  if (!Array.isArray(pins) || pins.length === 0) {
    throw invalidOption(where, 'a list with at least one pin', pins);
  }
  for (const pin of pins as readonly unknown[]) {
    if (typeof pin === 'string' && PIN.test(pin)) continue;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} holds a value that is no pin; make one with: openssl x509 -in server.pem -noout -pubkey | ` +
        'openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
    );
  }
  return Object.freeze([...(pins as readonly string[])]);
}

function loadCa(where: string, options: ClientTlsOptions): readonly string[] {
  if ('caFile' in options) return loadTrust(`${where}.ca`, { file: options.caFile });
  if ('ca' in options) return loadTrust(`${where}.ca`, { pem: options.ca });
  throw invalidOption(
    `${where}.caFile`,
    'the PEM file of the CA that issued the server certificate',
    undefined,
  );
}

function loadCrl(
  where: string,
  options: ClientTlsOptions,
  ca: readonly string[],
  now: number,
): RevocationLists | undefined {
  const { crlFile, crl } = options;
  if (crlFile !== undefined) return loadRevocationLists(`${where}.crl`, { file: crlFile }, ca, now);
  return crl === undefined ? undefined : loadRevocationLists(`${where}.crl`, { pem: crl }, ca, now);
}

function clientIdentity(
  where: string,
  options: ClientTlsOptions,
  { profile }: TlsPolicy,
  now: number,
): Identity | undefined {
  if (!('certFile' in options) && !('cert' in options)) return undefined;
  return loadIdentity(where, options as IdentityOptions, {
    purpose: 'client',
    now,
    keys: profiles[profile].certificateKeys,
    profile,
  });
}

/**
 * Checks and loads the TLS of a client.
 *
 * @param where - Start of option names in messages, for example `createChannel tls`.
 * @param now - Wall-clock milliseconds. Default: the present.
 * @throws ConfigError for an unreadable CA, a policy outside its profile, or an unusable client certificate.
 */
export function loadClientTls(
  where: string,
  options: ClientTlsOptions,
  now: number = Date.now(),
): ClientTls {
  checkOptionNames(where, options, [
    ...TLS_POLICY_OPTIONS,
    ...IDENTITY_OPTIONS,
    ...RELOAD_OPTIONS,
    'caFile',
    'ca',
    'crlFile',
    'crl',
    'pins',
    'serverName',
  ]);
  checkGiven(
    where,
    options,
    ['crlFile', 'crl', 'pins'],
    [
      ['certFile', 'cert'],
      ['keyFile', 'key'],
      ['caFile', 'ca'],
      ['crlFile', 'crl'],
    ],
  );
  const ca = loadCa(where, options);
  const policy = resolveTlsPolicy(where, options);
  const revocation = loadCrl(where, options, ca, now);
  const identity = clientIdentity(where, options, policy, now);
  const context: SecureContextOptions = {
    ...secureContextOptions(policy),
    ca: [...ca],
    ...(revocation === undefined ? {} : { crl: [...revocation.pem] }),
    ...(identity === undefined ? {} : identityContextOptions(identity)),
  };
  return Object.freeze({
    policy,
    secureContext: createSecureContext(context),
    identity,
    revocation,
    pins: checkPins(`${where}.pins`, options.pins),
    serverName:
      options.serverName === undefined
        ? undefined
        : checkString(`${where}.serverName`, options.serverName),
  });
}
