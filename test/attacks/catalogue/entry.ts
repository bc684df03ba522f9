import type { DenialReason } from '#src/core/denial-reason.ts';
import type { TokenReason } from '#src/core/token-reason.ts';
import type { TokenValidatorOptions } from '#src/token/policy.ts';
import type { FakeAuthority } from '../../support/token-world.ts';
import type { Verdict, Visit } from './knock.ts';

/** One construction of the attack catalogue. */
export interface Entry extends Visit {
  /** Number in the catalogue. */
  readonly id: number;
  readonly name: string;
  readonly verdict: Exclude<Verdict, 'OK'>;
  readonly reason: TokenReason | DenialReason;
  /** The token, presented as a bearer token. */
  readonly token?: () => string;
  /** The values of the `authorization` entry, where these are what is wrong. */
  readonly values?: () => readonly unknown[];
  readonly options?: Partial<TokenValidatorOptions>;
  readonly authority?: (authority: FakeAuthority) => void;
  /** How the twin comes, where it comes otherwise. */
  readonly twinVisit?: Visit;
  /** What is accepted under the same settings. Default: a token in which nothing is wrong. */
  readonly twin?: () => string;
  /** What the authority publishes for the twin. Default: the same. */
  readonly twinAuthority?: (authority: FakeAuthority) => void;
  /** Reached no signature check. Default: it may have reached one. */
  readonly unverified?: boolean;
}
