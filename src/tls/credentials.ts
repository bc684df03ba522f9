import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { checkOptionNames, invalidOption } from '../core/options.ts';
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
  type TlsPolicyOptions,
} from './settings.ts';
import { loadTrust } from './trust.ts';

/** TLS of a client: whom to trust, the policy, and perhaps a certificate of its own. */
export type ClientTlsOptions = TlsPolicyOptions &
  ({ readonly caFile: string } | { readonly ca: string }) &
  (IdentityOptions | { readonly certFile?: never; readonly cert?: never });

/**
 * Makes channel credentials with the policy in full.
 *
 * @throws ConfigError for an unreadable CA, a policy outside its profile, or an unusable client certificate.
 */
export function createClientCredentials(
  where: string,
  options: ClientTlsOptions,
): ChannelCredentials {
  checkOptionNames(where, options, [...TLS_POLICY_OPTIONS, ...IDENTITY_OPTIONS, 'caFile', 'ca']);
  if (!('caFile' in options) && !('ca' in options)) {
    throw invalidOption(
      `${where}.caFile`,
      'the PEM file of the CA that issued the server certificate',
      undefined,
    );
  }
  const ca =
    'caFile' in options
      ? loadTrust(`${where}.ca`, { file: options.caFile })
      : loadTrust(`${where}.ca`, { pem: options.ca });
  const policy = resolveTlsPolicy(where, options);
  const context: SecureContextOptions = { ...secureContextOptions(policy), ca: [...ca] };
  if ('certFile' in options || 'cert' in options) {
    const identity = loadIdentity(where, options as IdentityOptions, 'client', Date.now());
    Object.assign(context, identityContextOptions(identity));
  }
  return ChannelCredentials.createFromSecureContext(createSecureContext(context), {
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing.
    rejectUnauthorized: true,
  });
}
