import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import {
  checkBoolean,
  checkChoice,
  checkGiven,
  checkOptionNames,
  invalidOption,
} from '../core/options.ts';
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

/** What is asked of clients: nothing, a certificate if they have one, or a certificate. */
export type ClientCertificateMode = 'none' | 'optional' | 'required';

/** Whether clients show certificates, which CAs may have issued them, and which are revoked. */
export type ClientCertificateOptions =
  | { readonly clientCertificates: 'none' }
  | ({
      readonly clientCertificates: 'optional' | 'required';
      /**
       * Lets a client whose certificate is refused connect, and answers each of its calls with UNAUTHENTICATED and the
       * reason, instead of closing the connection without a word. No handler runs. Default: false, because it tells
       * strangers why.
       */
      readonly explainRefusals?: boolean;
    } & ({ readonly clientCaFile: string } | { readonly clientCa: string }) &
      (
        | { readonly clientCrlFile: string; readonly clientCrl?: never }
        | { readonly clientCrl: string; readonly clientCrlFile?: never }
        | { readonly clientCrl?: never; readonly clientCrlFile?: never }
      ));

/** What the certificate is compared with beside its key. */
export interface ServerCertificateOptions {
  /** Names and addresses under which clients reach the server; the certificate must hold each. Default: not compared. */
  readonly hosts?: readonly string[];
  /** The PEM file of the CAs that clients trust; the chain must lead to one. Default: not compared. */
  readonly trustAnchorFile?: string;
}

/** TLS of a server: policy, certificate and key, and what is asked of clients. */
export type ServerTlsOptions = TlsPolicyOptions &
  IdentityOptions &
  ClientCertificateOptions &
  ServerCertificateOptions &
  ReloadOptions;

/** The same, checked and loaded. */
export interface ServerTls {
  readonly policy: TlsPolicy;
  readonly clientCertificates: ClientCertificateMode;
  readonly explainRefusals: boolean;
  /** Everything of policy, identity and client CA; given whole at creation and at every reload. */
  readonly context: SecureContextOptions;
  readonly identity: Identity;
  readonly revocation: RevocationLists | undefined;
  /** The CAs that clients are verified by. */
  readonly clientCas: readonly X509Certificate[];
}

const MODES: readonly ClientCertificateMode[] = ['none', 'optional', 'required'];

function clientCa(where: string, options: ServerTlsOptions): readonly string[] {
  if ('clientCaFile' in options)
    return loadTrust(`${where}.clientCa`, { file: options.clientCaFile });
  if ('clientCa' in options) return loadTrust(`${where}.clientCa`, { pem: options.clientCa });
  // Node would fall back to the public CAs: anybody's certificate would do.
  throw invalidOption(
    `${where}.clientCaFile`,
    'given with clientCertificates "optional" or "required": the CA that issues your clients\' certificates',
    undefined,
  );
}

interface ClientTrust {
  readonly ca: readonly string[];
  readonly revocation: RevocationLists | undefined;
}

function clientTrust(where: string, options: ServerTlsOptions, now: number): ClientTrust {
  const ca = clientCa(where, options);
  const crl = (source: { readonly file: string } | { readonly pem: string }): RevocationLists =>
    loadRevocationLists(`${where}.clientCrl`, source, ca, now);
  if ('clientCrlFile' in options && options.clientCrlFile !== undefined) {
    return { ca, revocation: crl({ file: options.clientCrlFile }) };
  }
  if ('clientCrl' in options && options.clientCrl !== undefined) {
    return { ca, revocation: crl({ pem: options.clientCrl }) };
  }
  return { ca, revocation: undefined };
}

const CLIENT_OPTIONS = [
  'clientCa',
  'clientCaFile',
  'clientCrl',
  'clientCrlFile',
  'explainRefusals',
];

/** Options that mean nothing without client certificates are a misunderstanding, which is cleared up at once. */
function checkNoClientOptions(where: string, options: object): void {
  for (const name of CLIENT_OPTIONS) {
    if (!(name in options)) continue;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where}.${name} has no effect with clientCertificates "none"; write "optional" or "required", or leave it out`,
    );
  }
}

function serverIdentity(
  where: string,
  options: ServerTlsOptions,
  policy: TlsPolicy,
  now: number,
): Identity {
  if (!('certFile' in options) && !('cert' in options)) {
    throw invalidOption(
      `${where}.certFile`,
      'the PEM file with certificate and chain (for development: npm run certs)',
      undefined,
    );
  }
  const { hosts, trustAnchorFile } = options;
  if (hosts !== undefined && !Array.isArray(hosts)) {
    throw invalidOption(`${where}.hosts`, 'a list of names and addresses', hosts);
  }
  return loadIdentity(where, options, {
    purpose: 'server',
    now,
    hosts,
    keys: profiles[policy.profile].certificateKeys,
    profile: policy.profile,
    anchors:
      trustAnchorFile === undefined
        ? undefined
        : loadTrust(`${where}.trustAnchor`, { file: trustAnchorFile }),
  });
}

/** OpenSSL's own word on the whole, before anything is replaced by it. */
function checkLoads(where: string, policy: TlsPolicy, context: SecureContextOptions): void {
  try {
    createSecureContext(context);
  } catch (cause) {
    throw new ConfigError(
      'ERR_CERTIFICATE_INVALID',
      `${where}: OpenSSL refuses certificate and key under profile "${policy.profile}" (${
        cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code'
      }); issue a new certificate with an EC P-256 key and SHA-256`,
      { cause },
    );
  }
}

/**
 * Checks and loads the TLS of a server.
 *
 * @param now - Wall-clock milliseconds. Default: the present.
 * @throws ConfigError saying which file, what was found, what was wanted.
 */
export function loadServerTls(
  where: string,
  options: ServerTlsOptions,
  now: number = Date.now(),
): ServerTls {
  checkOptionNames(where, options, [
    ...TLS_POLICY_OPTIONS,
    ...IDENTITY_OPTIONS,
    ...RELOAD_OPTIONS,
    'hosts',
    'trustAnchorFile',
    'clientCertificates',
    'clientCaFile',
    'clientCa',
    'clientCrlFile',
    'clientCrl',
    'explainRefusals',
  ]);
  checkGiven(
    where,
    options,
    ['hosts', 'trustAnchorFile', ...CLIENT_OPTIONS],
    [
      ['certFile', 'cert'],
      ['keyFile', 'key'],
      ['clientCaFile', 'clientCa'],
      ['clientCrlFile', 'clientCrl'],
    ],
  );
  const mode = checkChoice(`${where}.clientCertificates`, options.clientCertificates, MODES);
  const policy = resolveTlsPolicy(where, options);
  const identity = serverIdentity(where, options, policy, now);
  if (mode === 'none') checkNoClientOptions(where, options);
  const trust = mode === 'none' ? undefined : clientTrust(where, options, now);
  const context: SecureContextOptions = {
    ...secureContextOptions(policy),
    ...identityContextOptions(identity),
    ...(trust === undefined ? {} : { ca: [...trust.ca] }),
    ...(trust?.revocation === undefined ? {} : { crl: [...trust.revocation.pem] }),
  };
  checkLoads(where, policy, context);
  return Object.freeze({
    policy,
    clientCertificates: mode,
    explainRefusals: checkBoolean(
      `${where}.explainRefusals`,
      'explainRefusals' in options ? options.explainRefusals : undefined,
      false,
    ),
    context,
    identity,
    revocation: trust?.revocation,
    clientCas: (trust?.ca ?? []).map((pem) => new X509Certificate(pem)),
  });
}
