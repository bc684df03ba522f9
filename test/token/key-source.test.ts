import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TokenError } from '#src/core/errors.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { DocumentDeferredError, DocumentMissingError } from '#src/token/document-fetcher.ts';
import { KeyDocumentError } from '#src/token/key-set.ts';
import { settle } from '../support/fake-timers.ts';
import { accepts, refuses, type TokenWorld, tokenWorld, verdict } from '../support/token-world.ts';
import { mint, NOW, testKey } from '../support/tokens.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const outage = (): Error => new KeyDocumentError('no answer');
/** A token that every rule but K accepts for days, signed by a key of some name. */
const long = (name = 'published'): string =>
  mint({ key: testKey(name), claims: { exp: NOW + 96 * 3600 } });
const keysOf = (...names: readonly string[]): readonly unknown[] =>
  names.map((name) => testKey(name).jwk);

async function started(names: readonly string[] = ['published']): Promise<TokenWorld> {
  const world = tokenWorld({ maxTokenLifetimeSeconds: 604_800 });
  world.authority.keys = keysOf(...names);
  await world.validator.ready();
  return world;
}

describe('signing keys, at first', () => {
  it('are loaded by ready(), metadata first, once for all who ask', async () => {
    const world = tokenWorld();
    assert.equal(world.authority.requests.length, 0, 'nothing is fetched before it is needed');
    await Promise.all([world.validator.ready(), world.validator.ready()]);
    assert.deepEqual(
      world.authority.requests.map((url) => url.replace(/^.*b11/, '')),
      ['/v2.0/.well-known/openid-configuration', '/discovery/v2.0/keys'],
    );
    await world.validator.ready();
    assert.equal(world.authority.requests.length, 2);
  });

  it('K8 are missed as ERR_KEYS_UNAVAILABLE, with the failure as cause for the log', async () => {
    const world = tokenWorld();
    world.authority.fail = outage;
    await assert.rejects(world.validator.ready(), (error) => {
      assert.ok(error instanceof TokenError);
      assert.equal(error.code, 'ERR_KEYS_UNAVAILABLE');
      assert.ok(error.cause instanceof KeyDocumentError);
      return true;
    });
    await refuses(world, mint(), 'keys_unavailable');
    assert.ok(world.log.some(({ level }) => level === 'error'));
  });

  it('come by themselves once the authority answers, by a back-off that no call shortens', async () => {
    const world = tokenWorld();
    world.authority.fail = outage;
    await assert.rejects(world.validator.ready());
    // Half of 1, 2, 4 ... 60 seconds: the test's jitter is 0.5.
    for (const delay of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const asked = world.authority.requests.length;
      for (let i = 0; i < 5; i++) await refuses(world, mint(), 'keys_unavailable');
      await world.timers.pass(delay - 1);
      await refuses(world, mint(), 'keys_unavailable');
      assert.equal(world.authority.requests.length, asked, 'left alone');
      await world.timers.pass(1);
      assert.equal(world.authority.requests.length, asked + 1, 'asked again');
    }
    world.authority.fail = undefined;
    await world.timers.pass(30_000);
    await accepts(world, mint());
  });

  it('are fetched by the first token after a back-off when no timer has', async () => {
    const world = tokenWorld();
    world.authority.fail = outage;
    await refuses(world, mint(), 'keys_unavailable');
    world.authority.fail = undefined;
    world.clock.advance(499);
    await refuses(world, mint(), 'keys_unavailable');
    world.clock.advance(1);
    await accepts(world, mint());
  });

  it('are waited for at most 2 seconds', async () => {
    const world = tokenWorld();
    const hold = withResolvers<void>();
    world.authority.hold = hold.promise;
    const waiting = verdict(world, mint());
    await world.timers.pass(1999);
    let done = false;
    void waiting.then(() => {
      done = true;
    });
    await settle();
    assert.equal(done, false);
    await world.timers.pass(1);
    assert.equal(await waiting, 'keys_unavailable');
    hold.resolve();
    await settle();
    await accepts(world, mint());
  });

  it('honour an authority that asks for time', async () => {
    const world = tokenWorld();
    world.authority.fail = () => new DocumentDeferredError('later', 20_000);
    await assert.rejects(world.validator.ready());
    await world.timers.pass(19_999);
    assert.equal(world.authority.requests.length, 1);
    await world.timers.pass(1);
    assert.equal(world.authority.requests.length, 2);
  });
});

describe('signing keys, later', () => {
  it('are renewed every hour in the background, the metadata every 12', async () => {
    const world = await started();
    await world.timers.pass(HOUR - 1);
    assert.equal(world.authority.requests.length, 2);
    await world.timers.pass(1);
    assert.equal(world.authority.requests.length, 3);
    await world.timers.pass(11 * HOUR - 1);
    const metadataRequests = (): number =>
      world.authority.requests.filter((url) => url.includes('openid-configuration')).length;
    assert.equal(metadataRequests(), 1);
    await world.timers.pass(1);
    assert.equal(metadataRequests(), 2);
    assert.equal(world.timers.pending, 1, 'one timer, whatever happened');
  });

  it('are replaced as a whole: a token of a key that left is refused at once, remembered or not', async () => {
    const world = await started(['a', 'b']);
    const tokens = [long('a'), long('b')] as const;
    const [first] = await Promise.all(tokens.map((token) => accepts(world, token)));
    world.authority.keys = keysOf('a', 'c');
    await world.timers.pass(HOUR);
    await refuses(world, tokens[1], 'key_id_unknown');
    await accepts(world, long('c'));
    assert.notEqual(await accepts(world, tokens[0]), first, 'verified anew after 5 minutes');
    const changes = world.log.filter(({ message }) => message === 'signing keys changed');
    assert.deepEqual(
      changes.map(({ fields }) => fields),
      [
        {
          authority: 'login.microsoftonline.com',
          generation: 1,
          keys: 2,
          added: [testKey('a').kid, testKey('b').kid],
          removed: [],
        },
        {
          authority: 'login.microsoftonline.com',
          generation: 2,
          keys: 2,
          added: [testKey('c').kid],
          removed: [testKey('b').kid],
        },
      ],
    );
  });

  it('are kept while the authority fails, for 24 hours and not longer (K8)', async () => {
    const world = await started();
    world.authority.fail = outage;
    await world.timers.pass(24 * HOUR - 1);
    await accepts(world, long());
    const levels = new Set(world.log.map(({ level }) => level));
    assert.ok(levels.has('info') && levels.has('warn') && !levels.has('error'));
    await world.timers.pass(1);
    await refuses(world, long(), 'keys_unavailable');
    world.authority.fail = undefined;
    await world.timers.pass(5 * MINUTE);
    await accepts(world, long());
  });

  it('are asked for at most every 5 minutes while older ones serve and the authority fails', async () => {
    const world = await started();
    world.authority.fail = outage;
    await world.timers.pass(4 * HOUR);
    const before = world.authority.requests.length;
    await world.timers.pass(HOUR);
    // 2.5 minutes by the test's jitter.
    assert.equal(world.authority.requests.length - before, 24);
  });

  it('are not renewed for a document that must not be used', async () => {
    const world = await started();
    world.authority.keys = [];
    await world.timers.pass(2 * HOUR);
    await accepts(world, long());
  });

  it('are looked up anew in the metadata when their address is gone', async () => {
    const world = await started();
    let gone = true;
    world.authority.fail = (url) => {
      if (!gone || !url.pathname.endsWith('/keys')) return undefined;
      gone = false;
      return new DocumentMissingError('404');
    };
    await world.timers.pass(HOUR);
    assert.deepEqual(
      world.authority.requests.slice(2).map((url) => url.split('/').at(-1)),
      ['keys', 'openid-configuration', 'keys'],
    );
    assert.equal(world.log.filter(({ level }) => level === 'debug').length, 1, 'renewed');
  });

  it('report published keys that are not usable', async () => {
    const world = tokenWorld();
    world.authority.keys = [...keysOf('published'), { kid: 'x', kty: 'oct' }];
    await world.validator.ready();
    assert.deepEqual(
      world.log.filter(({ level }) => level === 'error').map(({ fields }) => fields),
      [{ dropped: [{ kid: '"x"', fault: 'not_rsa' }] }],
    );
    assert.equal((await started()).log.filter(({ level }) => level === 'error').length, 0);
  });

  it('are renewed no more once the validator is closed', async () => {
    const world = await started();
    world.validator.close();
    assert.equal(world.timers.pending, 0);
    world.clock.advance(HOUR);
    await accepts(world, long());
    await refuses(world, long('unpublished'), 'key_id_unknown');
    assert.equal(world.authority.requests.length, 2);
  });

  it('set no timer when the validator is closed while they are being fetched', async () => {
    const world = tokenWorld();
    const hold = withResolvers<void>();
    world.authority.hold = hold.promise;
    const ready = world.validator.ready();
    world.validator.close();
    hold.resolve();
    await ready;
    assert.equal(world.timers.pending, 0);
  });
});

describe('a key id that is not known', () => {
  it('H4 is refused without a fetch within 5 minutes of the last one', async () => {
    const world = await started();
    await refuses(world, long('new'), 'key_id_unknown');
    await world.timers.pass(5 * MINUTE - 1);
    await refuses(world, long('new'), 'key_id_unknown');
    assert.equal(world.authority.requests.length, 2);
  });

  it('H4 causes one fetch after that, and the token is accepted if the key is there now', async () => {
    const world = await started();
    world.authority.keys = keysOf('published', 'new');
    await world.timers.pass(5 * MINUTE);
    const tokens = Array.from({ length: 100 }, (_, i) =>
      mint({ key: testKey('new'), claims: { uti: `token ${i}` } }),
    );
    const calls = [
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
      ...tokens,
    ];
    const callers = await Promise.all(calls.map((token) => accepts(world, token)));
    assert.equal(callers.length, 1000);
    assert.equal(world.authority.requests.length, 3, 'the keys, once');
  });

  it('H4 causes one fetch in a flood of 10 000, evicts no good key and makes no call wait', async () => {
    const world = await started();
    await world.timers.pass(5 * MINUTE);
    for (let i = 0; i < 10_000; i++) {
      const token = mint({ header: { kid: `forged-${i}` }, signature: 'AAAA' });
      if (i === 0) await refuses(world, token, 'key_id_unknown');
      else assert.throws(() => world.validator.check(token), TokenError);
    }
    assert.equal(world.authority.requests.length, 3);
    await accepts(world, long());
  });

  it('H4 causes no fetch for a token that would be refused anyway', async () => {
    const world = await started();
    await world.timers.pass(10 * MINUTE);
    const unknown = testKey('unpublished');
    for (const claims of [
      { aud: 'x' },
      { iss: 'x' },
      { exp: NOW - 60 },
      { tid: 'x' },
      { ver: '3.0' },
    ]) {
      await refuses(world, mint({ key: unknown, claims }), 'key_id_unknown');
    }
    assert.equal(world.authority.requests.length, 2);
  });

  it('H4 lets 128 distinct tokens wait for a fetch and refuses others at once', async () => {
    const world = await started();
    await world.timers.pass(5 * MINUTE);
    world.authority.keys = keysOf('published', 'new');
    const hold = withResolvers<void>();
    world.authority.hold = hold.promise;
    const tokens = Array.from({ length: 129 }, (_, i) =>
      mint({ key: testKey('new'), claims: { uti: `token ${i}` } }),
    );
    const waiting = tokens.slice(0, 128).map((token) => verdict(world, token));
    const [overflow = ''] = tokens.slice(128);
    assert.throws(() => world.validator.check(overflow), { reason: 'key_id_unknown' });
    assert.ok(world.validator.check(tokens[0] ?? '') instanceof Promise, 'joins the first');
    hold.resolve();
    for (const result of await Promise.all(waiting)) assert.notEqual(typeof result, 'string');
    await accepts(world, overflow);
    assert.equal(world.authority.requests.length, 3);
  });

  it('H4 is refused as unknown, not as an outage, when the fetch fails or takes too long', async () => {
    const world = await started();
    await world.timers.pass(5 * MINUTE);
    world.authority.fail = outage;
    await refuses(world, long('new'), 'key_id_unknown');
    const asked = world.authority.requests.length;
    await refuses(world, long('new'), 'key_id_unknown');
    assert.equal(world.authority.requests.length, asked, 'the back-off holds for calls too');
    await accepts(world, long());
  });

  it('K3 a wrong signature under a known key id causes no fetch, ever', async () => {
    const world = await started();
    await world.timers.pass(30 * MINUTE);
    const token = mint({ key: { ...testKey('attacker'), kid: testKey('published').kid } });
    await refuses(world, token, 'signature_invalid');
    assert.equal(world.authority.requests.length, 2);
  });
});
