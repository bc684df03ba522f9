import { checkOptionNames } from '../core/options.ts';
import { assertionFields } from './client-certificate.ts';
import { ClientCredential } from './client-credentials.ts';
import {
  CLIENT_OPTIONS,
  type ClientAuthentication,
  type ClientOptions,
  ConfidentialClient,
} from './confidential-client.ts';
import { type SecretSource, secretReader } from './secret-source.ts';
import type { TokenCredential } from './token-credential.ts';

/** Where a token of another identity provider comes from: a file that it keeps fresh, or a function. */
export type AssertionSource = Exclude<SecretSource, string>;

/** Options of {@link clientAssertion}. */
export interface ClientAssertionOptions extends ClientOptions {
  /** The external token. Read for each request, because providers replace it every few minutes. */
  readonly assertion: AssertionSource;
}

/** Proves the application by a token of an identity provider that it is federated with. */
export function externalAssertion(where: string, source: AssertionSource): ClientAuthentication {
  const read = secretReader(where, source);
  return async () => ({ fields: assertionFields((await read()).reveal()) });
}

/**
 * Obtains tokens by client credentials with a token of a federated identity provider: Kubernetes, GitHub, another cloud.
 * There is no secret to keep at all.
 *
 * @returns A credential for {@link createChannel}, which caches: `getToken` itself asks the authority each time.
 * @throws ConfigError for a malformed option.
 */
export function clientAssertion(options: ClientAssertionOptions): TokenCredential {
  checkOptionNames('clientAssertion options', options, [...CLIENT_OPTIONS, 'assertion']);
  return new ClientCredential(
    new ConfidentialClient(
      'clientAssertion',
      options,
      externalAssertion('clientAssertion assertion', options.assertion),
    ),
  );
}
