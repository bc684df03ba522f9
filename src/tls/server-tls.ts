import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { checkChoice, checkOptionNames, invalidOption } from '../core/options.ts';
import {
  IDENTITY_OPTIONS,
  type IdentityOptions,
  identityContextOptions,
  loadIdentity,
} from './identity.ts';
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

/** Whether clients show certificates, and which CAs may have issued them. */
export type ClientCertificateOptions =
  | { readonly clientCertificates: 'none' }
  | ({ readonly clientCertificates: 'optional' | 'required' } & (
      | { readonly clientCaFile: string }
      | { readonly clientCa: string }
    ));

/** TLS of a server: policy, certificate and key, and what is asked of clients. */
export type ServerTlsOptions = TlsPolicyOptions & IdentityOptions & ClientCertificateOptions;

/** The same, checked and loaded. */
export interface ServerTls {
  readonly policy: TlsPolicy;
  readonly clientCertificates: ClientCertificateMode;
  /** Everything of policy, identity and client CA; given whole at creation and at every reload. */
  readonly context: SecureContextOptions;
}

const MODES: readonly ClientCertificateMode[] = ['none', 'optional', 'required'];

function clientCa(where: string, options: ClientCertificateOptions): readonly string[] | undefined {
  if (options.clientCertificates === 'none') return undefined;
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
    'clientCertificates',
    'clientCaFile',
    'clientCa',
  ]);
  const mode = checkChoice(`${where}.clientCertificates`, options.clientCertificates, MODES);
  const policy = resolveTlsPolicy(where, options);
  if (!('certFile' in options) && !('cert' in options)) {
    throw invalidOption(
      `${where}.certFile`,
      'the PEM file with certificate and chain (for development: npm run certs)',
      undefined,
    );
  }
  const identity = loadIdentity(where, options, 'server', now);
  const ca = clientCa(where, options);
  const context: SecureContextOptions = {
    ...secureContextOptions(policy),
    ...identityContextOptions(identity),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  };
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
  return Object.freeze({ policy, clientCertificates: mode, context });
}
