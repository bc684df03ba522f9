import { checkOptionNames } from '../core/options.ts';
import { ClientCredential } from './client-credentials.ts';
import {
  CLIENT_OPTIONS,
  type ClientAuthentication,
  type ClientOptions,
  ConfidentialClient,
} from './confidential-client.ts';
import { type SecretSource, secretReader } from './secret-source.ts';
import type { TokenCredential } from './token-credential.ts';

/** Options of {@link clientSecret}. */
export interface ClientSecretOptions extends ClientOptions {
  /** The application's secret. */
  readonly secret: SecretSource;
}

/** Proves the application by its secret. */
export function secretAuthentication(where: string, secret: SecretSource): ClientAuthentication {
  const read = secretReader(where, secret);
  return async () => ({ fields: { client_secret: (await read()).reveal() } });
}

/**
 * Obtains tokens by client credentials with a secret. Use a certificate or federation where you can; a secret is
 * for development and for places that offer nothing better.
 *
 * @returns A credential for {@link createChannel}, which caches: `getToken` itself asks the authority each time.
 * @throws ConfigError for a malformed option. The secret appears in no message, log or inspect output.
 */
export function clientSecret(options: ClientSecretOptions): TokenCredential {
  checkOptionNames('clientSecret options', options, [...CLIENT_OPTIONS, 'secret']);
  return new ClientCredential(
    new ConfidentialClient(
      'clientSecret',
      options,
      secretAuthentication('clientSecret secret', options.secret),
    ),
  );
}
