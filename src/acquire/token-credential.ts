/** A token and when it ends. */
export interface AccessToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresOnTimestamp: number;
  /** When a new one should be fetched, milliseconds since the epoch. Absent: the cache decides. */
  readonly refreshAfterTimestamp?: number;
}

/** What may accompany a request for a token. */
export interface GetTokenOptions {
  readonly abortSignal?: AbortSignal;
  /** Claims request of a challenge, JSON. A cache must not answer such a request. */
  readonly claims?: string;
  /** Whether the client answers claims challenges, and says so to the authority (`cp1`). Default: false. */
  readonly enableCae?: boolean;
}

/**
 * Anything that obtains tokens. The shape is that of the Azure SDKs, so their credentials fit as they are; no
 * package of theirs is needed.
 */
export interface TokenCredential {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken | null>;
}
