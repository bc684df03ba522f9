import { ConfigError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { App } from './apps.ts';

/** What an application needs to obtain tokens. */
export interface EmulatedAppCredentials {
  readonly clientId: string;
  /** Throws a ConfigError for an application without secrets. */
  readonly clientSecret: Secret;
}

/** Hands out an application's credentials; the secret only when asked for, because not every one has any. */
export class AppHandle implements EmulatedAppCredentials {
  readonly clientId: string;
  readonly #app: App;

  constructor(app: App) {
    this.clientId = app.clientId;
    this.#app = app;
  }

  get clientSecret(): Secret {
    const [secret] = this.#app.secrets;
    if (secret === undefined) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `emulator app "${this.#app.name}" has no secret; it authenticates otherwise, or give it "secrets"`,
      );
    }
    return secret.value;
  }
}
