import type { Caller } from '../core/caller.ts';
import type { CallConnection } from './binding-checks.ts';
import type { CertificateBinding } from './policy.ts';
import type { ValidatorState } from './state.ts';

/** Verifies access tokens of Microsoft Entra ID for one API. */
export interface TokenValidator {
  /** Longest token accepted, bytes. */
  readonly maxTokenBytes: number;
  /** What is done about tokens bound to a certificate; `bearerToken` needs to know. */
  readonly binding: CertificateBinding;
  /**
   * Verifies a token.
   *
   * @param token - A compact JWS, as `bearerToken` returns it.
   * @returns Who calls; frozen, and the same object for the same token while it is remembered.
   * @param connection - What is known of the connection; needed where tokens are bound to certificates.
   * @throws {@link TokenError} with the precise reason.
   * @throws {@link AuthorizationError} for a kind of caller that the settings do not admit.
   */
  validate(token: string, connection?: CallConnection): Promise<Caller>;
  /**
   * The same without a promise where none is needed.
   *
   * @returns The caller at once when keys are at hand; a promise while they are being fetched, at most 2 seconds.
   * @throws {@link TokenError} or {@link AuthorizationError}, at once or by the promise.
   */
  check(token: string, connection?: CallConnection): Caller | Promise<Caller>;
  /**
   * Requires that a caller's sign-in satisfied an authentication context (rules X1 to X3).
   *
   * @param context - Id of the context, `c1` to `c99`.
   * @throws {@link TokenError} `auth_context_required` with `challenge`, for a user whose client can answer it.
   * @throws {@link AuthorizationError} `auth_context_missing` for others.
   * @throws {@link ConfigError} `ERR_OPTION_INVALID` for what is no such id.
   */
  requireAuthContext(caller: Caller, context: string): void;
  /**
   * Loads the signing keys now instead of at the first token. Resolves at once where initial keys serve.
   *
   * @throws {@link TokenError} `ERR_KEYS_UNAVAILABLE` with the failure as `cause`; attempts continue by themselves.
   */
  ready(): Promise<void>;
  /** What the validator holds now: for gauges and health checks. */
  state(): ValidatorState;
  /** Stops renewing keys and closes connections. */
  close(): void;
}
