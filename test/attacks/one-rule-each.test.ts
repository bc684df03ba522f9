import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TokenError } from '#src/core/errors.ts';
import type { TokenReason } from '#src/core/token-reason.ts';
import type { Check } from '#src/token/check.ts';
import { allChecks, type Checks } from '#src/token/checks.ts';
import { accepts, tokenWorld } from '../support/token-world.ts';
import { mint, USER_CLAIMS, V1_CLAIMS } from '../support/tokens.ts';
import type { Attack } from './attack.ts';
import { audienceAttacks, issuerAttacks, timeAttacks } from './claim-attacks.ts';
import { headerAttacks } from './header-attacks.ts';
import { identityAttacks } from './identity-attacks.ts';
import { keyAttacks } from './key-attacks.ts';
import { structureAttacks } from './structure-attacks.ts';

const attacks: readonly Attack[] = [
  ...structureAttacks,
  ...headerAttacks,
  ...keyAttacks,
  ...issuerAttacks,
  ...audienceAttacks,
  ...timeAttacks,
  ...identityAttacks,
];

/** What is asked of a check here: its name. The subject differs from list to list. */
type AnyCheck = Pick<Check<never>, 'rule' | 'reason'>;

const { structure } = allChecks;
/** Every check there is. A check list that is not named here fails the last test of this file. */
const everyCheck: readonly AnyCheck[] = [
  ...structure.segment,
  ...structure.jsonBytes,
  ...structure.json,
  ...structure.claimNames,
  ...allChecks.header,
  ...allChecks.signature,
  ...allChecks.issuer,
  ...allChecks.key,
  ...allChecks.claims,
];

/** The check that an attack is meant to meet. */
function targetOf({ rule, reason, index = 0 }: Attack): AnyCheck {
  const target = everyCheck.filter((check) => check.reason === reason)[index];
  assert.ok(target, `no check number ${index} for ${reason}`);
  assert.equal(target.rule, rule);
  return target;
}

/** All checks but one. */
function checksWithout(target: AnyCheck): Checks {
  const but = <T extends AnyCheck>(list: readonly T[]): readonly T[] =>
    list.filter((check) => check !== target);
  return {
    structure: {
      segment: but(structure.segment),
      jsonBytes: but(structure.jsonBytes),
      json: but(structure.json),
      claimNames: but(structure.claimNames),
    },
    header: but(allChecks.header),
    signature: but(allChecks.signature),
    issuer: but(allChecks.issuer),
    key: but(allChecks.key),
    claims: but(allChecks.claims),
  };
}

type Outcome = TokenReason | 'accepted' | 'TypeError';

async function outcome(attack: Attack, checks: Checks): Promise<Outcome> {
  const world = tokenWorld(attack.options, checks);
  attack.authority?.(world.authority);
  try {
    await world.validator.validate(attack.token());
    return 'accepted';
  } catch (error) {
    if (error instanceof TypeError) return 'TypeError';
    assert.ok(error instanceof TokenError, String(error));
    return error.reason;
  }
}

describe('tokens in which nothing is wrong', () => {
  it('are accepted: an application, a user, a v1.0 token', async () => {
    assert.equal((await accepts(tokenWorld(), mint())).kind, 'app');
    assert.equal((await accepts(tokenWorld(), mint({ base: USER_CLAIMS }))).kind, 'user');
    const world = tokenWorld({ tokenVersions: ['1.0', '2.0'], v1Audiences: ['api://orders'] });
    assert.equal((await accepts(world, mint({ base: V1_CLAIMS }))).tokenVersion, '1.0');
  });
});

describe('a token that breaks one rule', () => {
  for (const attack of attacks) {
    const { rule, name, reason, without = 'accepted' } = attack;
    const alone = without === 'accepted' ? `, and nothing but ${rule} does` : '';
    it(`${rule} refuses ${name}${alone}`, async () => {
      assert.equal(await outcome(attack, allChecks), reason);
      assert.equal(await outcome(attack, checksWithout(targetOf(attack))), without);
    });
  }

  it('exists for every check', () => {
    const met = new Set(attacks.map(targetOf));
    assert.deepEqual(
      everyCheck.filter((check) => !met.has(check)),
      [],
    );
  });
});
