import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allChecks } from '#src/token/checks.ts';
import { ForgeryMemory } from '#src/token/forgery-memory.ts';
import type { KeySource } from '#src/token/key-source.ts';
import type { SigningKey } from '#src/token/signing-key.ts';
import { accepts, refuses, tokenWorld } from '../support/token-world.ts';
import { mint, testKey } from '../support/tokens.ts';

const keyOf = (kid: string): SigningKey => ({ kid }) as SigningKey;

/** A source whose keys the test can change. */
function sourceOf(...keys: readonly SigningKey[]) {
  const held = { keys: new Map(keys.map((key) => [key.kid, key])) };
  return {
    held,
    source: { usable: () => held } as unknown as KeySource,
  };
}

describe('remembered forgeries', () => {
  it('are known for a second, and only under their own id', () => {
    const key = keyOf('a');
    const memory = new ForgeryMemory();
    memory.add('x', { source: sourceOf(key).source, key }, 5000);
    assert.ok(memory.has('x', 5000) && memory.has('x', 5999));
    assert.ok(!memory.has('y', 5000));
    assert.ok(!memory.has('x', 6000));
    // And forgotten by then, whatever the clock does.
    assert.ok(!memory.has('x', 5000));
  });

  it('are none once their key is another, or gone', () => {
    const key = keyOf('a');
    for (const keys of [new Map([['a', keyOf('a')]]), new Map<string, SigningKey>()]) {
      const memory = new ForgeryMemory();
      const { source, held } = sourceOf(key);
      memory.add('x', { source, key }, 0);
      assert.ok(memory.has('x', 1));
      held.keys = keys;
      assert.ok(!memory.has('x', 1));
    }
  });

  it('are at most 1,024: the longest known makes room', () => {
    const key = keyOf('a');
    const memory = new ForgeryMemory();
    const { source } = sourceOf(key);
    for (let index = 0; index < 1025; index++) memory.add(String(index), { source, key }, 0);
    assert.ok(!memory.has('0', 1));
    assert.ok(memory.has('1', 1) && memory.has('1024', 1));
  });
});

describe('K3 a forged token that comes again', () => {
  function counting() {
    let verified = 0;
    const signature = allChecks.signature.map((check) => ({
      ...check,
      violates: (facts: Parameters<typeof check.violates>[0]) => {
        if (check.rule === 'K3') verified += 1;
        return check.violates(facts);
      },
    }));
    const world = tokenWorld({}, { ...allChecks, signature });
    return { world, verified: () => verified };
  }

  it('is refused for the same reason without a further verification, for a second', async () => {
    const { world, verified } = counting();
    const forged = mint({ key: { ...testKey('a'), kid: testKey('published').kid } });
    for (let call = 0; call < 3; call++) await refuses(world, forged, 'signature_invalid');
    assert.equal(verified(), 1);
    world.clock.advance(1000);
    await refuses(world, forged, 'signature_invalid');
    assert.equal(verified(), 2);
  });

  it('takes no other token with it: another of the same client is verified and accepted', async () => {
    const { world, verified } = counting();
    const forged = mint({ key: { ...testKey('a'), kid: testKey('published').kid } });
    await refuses(world, forged, 'signature_invalid');
    await accepts(world, mint());
    assert.equal(verified(), 2);
  });

  it('is not remembered for what is not its signature: an expired one is looked at again', async () => {
    const { world, verified } = counting();
    const early = mint({ claims: { nbf: world.clock.now() / 1000 + 400 } });
    await refuses(world, early, 'not_yet_valid');
    world.clock.advance(400_000);
    await accepts(world, early);
    assert.equal(verified(), 2);
  });
});
