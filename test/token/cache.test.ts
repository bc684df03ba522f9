import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CachedToken, TokenCache } from '#src/token/cache.ts';
import { KeySource } from '#src/token/key-source.ts';
import { appCaller } from '../support/callers.ts';

const bounds = { maxEntries: 4, maxWeight: 1000, maxPerCaller: 2 };

function token(objectId: string, weight = 10): CachedToken {
  return {
    caller: appCaller([], { objectId }),
    // The cache carries these and looks at none of them.
    source: Object.create(KeySource.prototype) as KeySource,
    key: Object.create(null) as CachedToken['key'],
    validFrom: 0,
    validUntil: 0,
    reviewAt: 0,
    weight,
  };
}

const kept = (cache: TokenCache, ids: string): string =>
  ids
    .split('')
    .filter((id) => cache.get(id) !== undefined)
    .join('');

describe('remembered tokens', () => {
  it('are found by the id they were remembered under', () => {
    const cache = new TokenCache(bounds);
    cache.set('a', token('1'));
    assert.equal(cache.get('a')?.caller.objectId, '1');
    assert.equal(cache.get('b'), undefined);
    assert.equal(cache.size, 1);
    assert.equal(cache.weight, 10);
  });

  it('are forgotten on request, and count no more', () => {
    const cache = new TokenCache(bounds);
    cache.set('a', token('1'));
    assert.equal(cache.callers, 1);
    cache.delete('a');
    cache.delete('a');
    assert.equal(cache.callers, 0, 'nothing is left of a caller either');
    assert.deepEqual([cache.get('a'), cache.size, cache.weight], [undefined, 0, 0]);
  });

  it('replace one of the same id', () => {
    const cache = new TokenCache(bounds);
    cache.set('a', token('1', 10));
    cache.set('a', token('2', 20));
    assert.deepEqual([cache.get('a')?.caller.objectId, cache.size, cache.weight], ['2', 1, 20]);
  });

  it('stay within the number allowed: the oldest goes first', () => {
    const cache = new TokenCache(bounds);
    for (const id of 'abcdef') cache.set(id, token(id));
    assert.equal(cache.size, 4);
    assert.equal(kept(cache, 'abcdef'), 'cdef');
  });

  it('spare one that was used since it was last considered', () => {
    const cache = new TokenCache(bounds);
    for (const id of 'abcde') cache.set(id, token(id));
    // Remembering e considered all and let a go; b is used again, c is not.
    cache.get('b');
    cache.set('f', token('f'));
    assert.equal(kept(cache, 'abcdef'), 'bdef');
  });

  it('stay within the weight allowed', () => {
    const cache = new TokenCache(bounds);
    cache.set('a', token('a', 400));
    cache.set('b', token('b', 400));
    cache.set('c', token('c', 200));
    assert.equal(kept(cache, 'abc'), 'abc', 'the bound itself is within');
    cache.set('d', token('d', 1));
    assert.equal(kept(cache, 'abcd'), 'bcd');
    cache.set('e', token('e', 1000));
    assert.equal(kept(cache, 'abcde'), 'e');
    cache.set('f', token('f', 1001));
    assert.equal(kept(cache, 'ef'), 'e', 'what is too heavy pushes nothing out');
  });

  it('of one caller push out each other, not those of others', () => {
    const cache = new TokenCache(bounds);
    cache.set('a', token('other'));
    for (const id of 'bcdef') cache.set(id, token('busy'));
    assert.equal(kept(cache, 'abcdef'), 'aef');
  });

  it('of callers with one object id in two tenants are told apart', () => {
    const cache = new TokenCache(bounds);
    for (const [i, id] of 'abcd'.split('').entries()) {
      const { caller, ...rest } = token('1');
      const tenantId = i < 2 ? 'tenant-1' : 'tenant-2';
      cache.set(id, { ...rest, caller: { ...caller, tenantId } });
    }
    assert.equal(kept(cache, 'abcd'), 'abcd');
  });

  it('are none where none are allowed', () => {
    const cache = new TokenCache({ ...bounds, maxEntries: 0 });
    cache.set('a', token('1'));
    assert.equal(cache.size, 0);
  });

  it('leave nothing behind however many pass through', () => {
    const cache = new TokenCache({ maxEntries: 100, maxWeight: 1e6, maxPerCaller: 3 });
    for (let i = 0; i < 20_000; i++) cache.set(`${i}`, token(`${i % 500}`));
    assert.equal(cache.size, 100);
    assert.equal(cache.weight, 1000);
    for (let i = 0; i < 20_000; i++) cache.delete(`${i}`);
    assert.deepEqual([cache.size, cache.weight], [0, 0]);
  });
});
