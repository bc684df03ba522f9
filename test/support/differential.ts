import assert from 'node:assert/strict';
import { TokenError } from '#src/core/errors.ts';
import { type TokenReason, tokenReasons } from '#src/core/token-reason.ts';
import { mutatedToken } from './mutated-tokens.ts';
import { seeded } from './random.ts';
import { type TokenWorld, tokenWorld } from './token-world.ts';
import { testKey } from './tokens.ts';

/** Another verifier: resolves where it accepts. */
export type Oracle = (token: string) => unknown;

/** What a run showed. */
export interface Differences {
  readonly tokens: number;
  readonly accepted: number;
  /** By verifier: tokens that it refuses and we accept. */
  readonly onlyWeAccept: Readonly<Record<string, readonly string[]>>;
  /** By verifier: how many tokens it accepts that we refuse, by the number of our rule. */
  readonly onlyWeRefuse: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Keys as published, for verifiers that take a set. */
export const PUBLISHED: readonly unknown[] = ['published', 'second'].map(
  (name) => testKey(name).jwk,
);

async function world(): Promise<TokenWorld> {
  const made = tokenWorld({ devices: 'allow', agents: 'allow' });
  made.authority.keys = PUBLISHED;
  await made.validator.ready();
  return made;
}

function ours({ validator }: TokenWorld, token: string): 'accepted' | TokenReason {
  try {
    const caller = validator.check(token);
    assert.ok(!(caller instanceof Promise), 'a token made the validator wait');
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof TokenError, `not a refusal: ${String(error)}`);
    assert.notEqual(error.reason, 'internal_error');
    return error.reason;
  }
}

/** Why a verifier refuses a token; `undefined` where it accepts. */
async function refusalBy(oracle: Oracle, token: string): Promise<string | undefined> {
  try {
    await oracle(token);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'no error';
  }
}

/**
 * Shows generated tokens to our validator, twice, and to others, and notes where they differ.
 *
 * @param seed - Makes the run repeatable.
 */
export async function compareVerifiers(
  tokens: number,
  seed: number,
  oracles: Readonly<Record<string, Oracle>>,
): Promise<Differences> {
  const random = seeded(seed);
  const us = await world();
  const names = Object.keys(oracles);
  const onlyWeAccept = Object.fromEntries(names.map((name) => [name, [] as string[]]));
  const onlyWeRefuse = Object.fromEntries(
    names.map((name) => [name, {} as Record<string, number>]),
  );
  let accepted = 0;
  for (let i = 0; i < tokens; i++) {
    const { token, how } = mutatedToken(random);
    const verdict = ours(us, token);
    assert.equal(ours(us, token), verdict, 'a second look gave another verdict');
    if (verdict === 'accepted') accepted++;
    for (const [name, oracle] of Object.entries(oracles)) {
      const theirs = await refusalBy(oracle, token);
      if ((theirs === undefined) === (verdict === 'accepted')) continue;
      if (theirs !== undefined) onlyWeAccept[name]?.push(`token ${i} (${how}): ${theirs}`);
      if (verdict !== 'accepted') {
        const rules = onlyWeRefuse[name] ?? {};
        const { rule } = tokenReasons[verdict];
        rules[rule] = (rules[rule] ?? 0) + 1;
      }
    }
  }
  assert.equal(us.authority.requests.length, 2, 'a token caused a request');
  return { tokens, accepted, onlyWeAccept, onlyWeRefuse };
}
