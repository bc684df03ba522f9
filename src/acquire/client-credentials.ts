import type { ConfidentialClient } from './confidential-client.ts';
import { checkDefaultScope } from './scope.ts';
import type { AccessToken, GetTokenOptions, TokenCredential } from './token-credential.ts';

/** An application that obtains tokens as itself (RFC 6749 section 4.4). */
export class ClientCredential implements TokenCredential {
  readonly #client: ConfidentialClient;

  constructor(client: ConfidentialClient) {
    this.#client = client;
  }

  async getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> {
    const scope = checkDefaultScope('scope', Array.isArray(scopes) ? scopes.join(' ') : scopes);
    return this.#client.request({ grant_type: 'client_credentials', scope }, options);
  }
}
