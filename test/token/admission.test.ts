import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DenialReason } from '#src/core/denial-reason.ts';
import { AuthorizationError } from '#src/core/errors.ts';
import type { TokenValidatorOptions } from '#src/token/policy.ts';
import { accepts, tokenWorld } from '../support/token-world.ts';
import { type Claims, mint, USER_CLAIMS } from '../support/tokens.ts';

interface Kind {
  readonly rule: string;
  readonly name: string;
  readonly base?: Claims;
  readonly claims: Claims;
  readonly denied: Partial<TokenValidatorOptions>;
  readonly allowed: Partial<TokenValidatorOptions>;
  readonly reason: DenialReason;
}

const guest = { denied: { guests: 'deny' }, allowed: {}, reason: 'guest_not_admitted' } as const;
const device = {
  denied: {},
  allowed: { devices: 'allow' },
  reason: 'device_not_admitted',
} as const;
const agent = { denied: {}, allowed: { agents: 'allow' }, reason: 'agent_not_admitted' } as const;

const kinds: readonly Kind[] = [
  ...[{ acct: 1 }, { acct: '1' }, { xms_idrel: '5' }, { xms_idrel: '5 10' }].map((claims) => ({
    rule: 'Z7',
    name: 'a guest',
    base: USER_CLAIMS,
    claims,
    ...guest,
  })),
  ...['9', '9 10', [9], 9].map((xms_idrel) => ({
    rule: 'Z7',
    name: 'a device',
    claims: { xms_idrel },
    ...device,
  })),
  ...[
    { xms_act_fct: '3 9 11' },
    { xms_sub_fct: '11' },
    { xms_sub_fct: '9 3 13' },
    { xms_act_fct: 11 },
  ].map((claims) => ({ rule: 'C13', name: 'an agent', claims, ...agent })),
];

describe('kinds of callers', () => {
  for (const { rule, name, base, claims, denied, allowed, reason } of kinds) {
    const token = mint({ ...(base === undefined ? {} : { base }), claims });
    it(`${rule} ${name} by ${JSON.stringify(claims)} is denied, or admitted, as the settings say`, async () => {
      await assert.rejects(tokenWorld(denied).validator.validate(token), (error) => {
        assert.ok(error instanceof AuthorizationError);
        assert.deepEqual([error.reason, error.code], [reason, 'ERR_CALL_DENIED']);
        return true;
      });
      const caller = await accepts(tokenWorld(allowed), token);
      assert.equal(caller.agent, name === 'an agent');
      assert.equal(caller.kind === 'user' && caller.guest, name === 'a guest');
    });
  }

  it('Z7 C13 others are none of these, whatever numbers stand beside', async () => {
    const settings = { guests: 'deny', devices: 'deny', agents: 'deny' } as const;
    const claims = {
      xms_idrel: '1 7 10 15 19 59',
      xms_act_fct: '3 9',
      xms_sub_fct: '3 9 111',
      acct: 0,
    };
    await accepts(tokenWorld(settings), mint({ claims }));
    await accepts(tokenWorld(settings), mint({ base: USER_CLAIMS, claims: { acct: '0' } }));
  });

  it('Z8 a token that does not hold is refused as such, not as a kind of caller', async () => {
    const token = mint({ claims: { xms_idrel: '9', aud: 'x' } });
    await assert.rejects(tokenWorld().validator.validate(token), { reason: 'audience_mismatch' });
  });
});

describe('groups of a caller', () => {
  const groupsOf = async (claims: Claims) => (await accepts(tokenWorld(), mint({ claims }))).groups;

  it('C12 are complete where the token holds them, or none', async () => {
    assert.deepEqual(await groupsOf({ groups: ['a', 'b'] }), { ids: ['a', 'b'], complete: true });
    assert.deepEqual(await groupsOf({}), { ids: [], complete: true });
    assert.equal((await groupsOf({ _claim_names: { other: 'src1' } })).complete, true);
    assert.equal((await groupsOf({ _claim_names: null })).complete, true);
  });

  it('C12 are incomplete where the token points elsewhere, and nobody is asked there', async () => {
    const elsewhere = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://attacker.example/groups' } },
    };
    const world = tokenWorld();
    const { groups } = await accepts(world, mint({ claims: elsewhere }));
    assert.deepEqual(groups, { ids: [], complete: false });
    assert.equal(world.authority.requests.length, 2);
    assert.equal((await groupsOf({ hasgroups: true })).complete, false);
    assert.equal((await groupsOf({ hasgroups: 'true' })).complete, false);
  });

  it('C12 cannot be changed by a handler', async () => {
    const groups = await groupsOf({ groups: ['a'] });
    assert.ok(Object.isFrozen(groups) && Object.isFrozen(groups.ids));
  });
});
