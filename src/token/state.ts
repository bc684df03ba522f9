/** One set of signing keys, as it is now. Nothing in it comes from a token. */
export interface KeySetState {
  /** Host the keys come from. */
  readonly authority: string;
  /** Tenant in the address of the documents, or `common` or `organizations`. */
  readonly tenant: string;
  /** Format of the tokens they verify. */
  readonly version: '1.0' | '2.0';
  /** Whether tokens can be verified with them: loaded, and renewed recently enough. */
  readonly usable: boolean;
  /** Seconds since they were last fetched; `undefined` before the first time. Worth an alarm from two hours on. */
  readonly ageSeconds: number | undefined;
  /** Number of keys. */
  readonly keys: number;
  /** Counts up with every fetch that succeeded. */
  readonly generation: number;
  /** Calls that wait for a fetch now. */
  readonly waiting: number;
}

/** What a validator holds now: for gauges, and for a health check that must fail while there are no keys. */
export interface ValidatorState {
  readonly keySets: readonly KeySetState[];
  /** Tokens remembered. */
  readonly rememberedTokens: number;
  /** Bytes they occupy, roughly. */
  readonly rememberedBytes: number;
}
