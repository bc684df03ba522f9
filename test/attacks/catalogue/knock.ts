import { inspect } from 'node:util';
import { allow } from '#src/authorize/allow.ts';
import { decide } from '#src/authorize/decide.ts';
import type { Rule } from '#src/authorize/rule.ts';
import type { Caller } from '#src/core/caller.ts';
import { AuthorizationError, TokenError } from '#src/core/errors.ts';
import { refusalStatus } from '#src/server/status.ts';
import { bearerToken } from '#src/token/bearer.ts';
import type { CallConnection } from '#src/token/binding-checks.ts';
import { allChecks, type Checks } from '#src/token/checks.ts';
import type { TokenValidatorOptions } from '#src/token/policy.ts';
import { type FakeAuthority, type TokenWorld, tokenWorld } from '../../support/token-world.ts';

/**
 * What a caller is told: `OK`, or the gRPC status by its initials (UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE)
 * with the error of the challenge: invalid request, invalid token, insufficient claims, insufficient scope; none where nothing was presented.
 */
export type Verdict = 'OK' | 'UA' | 'UA ir' | 'UA it' | 'UA ic' | 'PD is' | 'UV';

const STATUS: ReadonlyMap<number, string> = new Map([
  [16, 'UA'],
  [7, 'PD'],
  [14, 'UV'],
]);
const ERROR: Readonly<Record<string, string>> = {
  invalid_request: ' ir',
  invalid_token: ' it',
  insufficient_claims: ' ic',
  insufficient_scope: ' is',
};

/** What became of a call. */
export interface Answer {
  readonly verdict: string;
  readonly reason: string | undefined;
  readonly caller: Caller | undefined;
  /** Everything that was printed or could be: the log, the error with its causes, what the caller is told. */
  readonly output: string;
}

/** Admits applications with the role and users with the scope of that name. */
export const READERS: Rule = allow.either({
  app: { anyRole: ['Orders.Read'] },
  user: { anyScope: ['Orders.Read'] },
});

/** A validator of which every signature check is counted. */
export interface Door {
  readonly world: TokenWorld;
  /** RSA operations so far. */
  verifications: number;
}

/** Makes a validator whose authority publishes what the attack wants, and loads its keys. */
export async function door(
  options: Partial<TokenValidatorOptions> = {},
  authority: (authority: FakeAuthority) => void = () => {},
): Promise<Door> {
  const signature = allChecks.signature.map((check) => ({
    ...check,
    violates: (subject: Parameters<typeof check.violates>[0]) => {
      if (check.rule === 'K3') made.verifications++;
      return check.violates(subject);
    },
  }));
  const checks: Checks = { ...allChecks, signature };
  const made: Door = { world: tokenWorld(options, checks), verifications: 0 };
  authority(made.world.authority);
  await made.world.validator.ready();
  return made;
}

function refused(error: TokenError | AuthorizationError, world: TokenWorld): Answer {
  const { code, details, metadata } = refusalStatus(error);
  const own = error instanceof TokenError ? error.challenge : undefined;
  const challenge = own ?? String(metadata?.get('www-authenticate')[0] ?? '');
  const named = /error="([a-z_]+)"/.exec(challenge)?.[1] ?? '';
  return {
    verdict: `${STATUS.get(code)}${ERROR[named] ?? ''}`,
    reason: error.reason,
    caller: undefined,
    output: inspect([world.log, error, String(error.stack), details, challenge], { depth: 9 }),
  };
}

/** What a call brings beside its `authorization` values, and what its method asks for. */
export interface Visit {
  readonly rule?: Rule | undefined;
  readonly connection?: CallConnection | undefined;
  /** Authentication context that the method requires. */
  readonly authContext?: string | undefined;
}

/** Presents the values of the `authorization` entry as a call does, up to the decision of the rule. */
export async function knock(
  { world }: Door,
  values: readonly unknown[],
  { rule = READERS, connection, authContext }: Visit = {},
): Promise<Answer> {
  try {
    const { validator } = world;
    const caller = await validator.check(bearerToken(values, validator.maxTokenBytes), connection);
    const decision = decide(rule, caller);
    if (decision !== 'allowed') throw new AuthorizationError(decision);
    if (authContext !== undefined) validator.requireAuthContext(caller, authContext);
    return { verdict: 'OK', reason: undefined, caller, output: inspect([world.log, caller]) };
  } catch (error) {
    if (error instanceof TokenError || error instanceof AuthorizationError) {
      return refused(error, world);
    }
    throw error;
  }
}
