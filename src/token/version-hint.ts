import type { Logger } from '../core/log.ts';
import type { TokenReason } from '../core/token-reason.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';

/** Explains the most frequent mistake in registering an API, once, to the operator (rule I2). */
export class VersionHint {
  readonly #logger: Logger;
  #given = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Writes the hint if this refusal shows the mistake. */
  consider(reason: TokenReason, claims: AccessTokenClaims): void {
    if (reason !== 'version_not_accepted' || claims.ver !== '1.0' || this.#given) return;
    this.#given = true;
    this.#logger.warn(
      'a v1.0 access token was refused: set requestedAccessTokenVersion to 2 in the registration of the API, ' +
        "or accept such tokens with tokenVersions: ['1.0', '2.0'] and v1Audiences",
    );
  }
}
