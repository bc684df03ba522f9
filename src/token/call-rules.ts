import type { Caller } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import { type CallConnection, connectionChecks } from './binding-checks.ts';
import { refusal, runChecks } from './check.ts';
import { revokedToken } from './claims-challenge.ts';
import type { RevocationCheck, TokenPolicy } from './policy.ts';

/** Asks what depends on the call and not on the token. */
export type CallRules = (caller: Caller, connection: CallConnection | undefined) => void;

/** What the rules of a call depend on. */
export interface CallRuleSettings {
  readonly policy: TokenPolicy;
  readonly isRevoked: RevocationCheck | undefined;
  readonly clock: Clock;
}

/** Anything but a clear no is a yes: a check that fails must not let revoked tokens in (rule X4). */
function asks(isRevoked: RevocationCheck, caller: Caller): boolean {
  let answer: unknown;
  try {
    answer = isRevoked(caller);
  } catch (cause) {
    throw refusal('internal_error', cause);
  }
  if (typeof answer !== 'boolean') {
    throw refusal('internal_error', new TypeError('isRevoked must return true or false'));
  }
  return answer;
}

/**
 * Makes the rules that are asked at every call, also of a remembered token (rules P2, P3, X4).
 *
 * @returns `undefined` where the settings ask nothing of a call, so that such calls pay nothing.
 */
export function createCallRules(settings: CallRuleSettings): CallRules | undefined {
  const { policy, isRevoked, clock } = settings;
  if (policy.binding === 'off' && isRevoked === undefined) return undefined;
  return (caller, connection = {}) => {
    const bound = caller.certificateThumbprint;
    if (bound !== undefined) runChecks(connectionChecks, { bound, connection });
    if (isRevoked === undefined || !asks(isRevoked, caller)) return;
    throw revokedToken(policy, caller, clock.now() / 1000);
  };
}
