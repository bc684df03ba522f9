import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { allow } from '#src/authorize/allow.ts';
import { TokenError } from '#src/core/errors.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { KeyDocumentError } from '#src/token/key-set.ts';
import {
  accepts,
  type FakeAuthority,
  refuses,
  type TokenWorld,
  tokenWorld,
  verdict,
} from '../support/token-world.ts';
import { mint, NOW, OTHER_TENANT, TENANT, testKey, USER_CLAIMS } from '../support/tokens.ts';
import { issuerOf } from './attack.ts';
import { door, knock } from './catalogue/knock.ts';

const HOUR = 3_600_000;
const COOLDOWN = 5 * 60_000;
/** A token that outlives a simulated day. */
const lasting = (kid = 'published', uti = 'a'): string =>
  mint({ key: testKey(kid), claims: { exp: NOW + 86_400, uti } });

async function started(): Promise<TokenWorld> {
  const world = tokenWorld({ cache: { maxEntries: 0 } });
  await world.validator.ready();
  return world;
}
const outage = (): Error => new KeyDocumentError('no answer');
const issuedNow = (world: TokenWorld, kid = 'published'): string => {
  const now = Math.floor(world.clock.now() / 1000);
  return mint({ key: testKey(kid), claims: { iat: now, nbf: now, exp: now + 3600 } });
};

describe('the attack catalogue: keys over time', () => {
  it('36 a flood of 10 000 unknown key ids: one fetch, no good key lost, a good caller unaffected', async () => {
    const world = await started();
    await world.timers.pass(COOLDOWN);
    const [, payload = '', signature = ''] = mint().split('.');
    for (let i = 0; i < 10_000; i++) {
      const header = { typ: 'JWT', alg: 'RS256', kid: `forged-${i}` };
      const token = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
      if (i === 0) await refuses(world, token, 'key_id_unknown');
      else assert.throws(() => world.validator.check(token), { reason: 'key_id_unknown' });
    }
    assert.equal(world.authority.requests.length, 3);
    assert.ok(
      !(world.validator.check(mint()) instanceof Promise),
      'a good caller waits for nothing',
    );
  });

  it('105 the authority is down for an hour: a call a minute, none fails', async () => {
    const world = await started();
    world.authority.fail = outage;
    for (let minute = 0; minute < 60; minute++) {
      await world.timers.pass(HOUR / 60);
      await accepts(world, issuedNow(world));
    }
    // The keys, loaded an hour ago, were asked for again, and again by the back-off.
    const asked = world.authority.requests.length;
    assert.ok(asked > 2 && asked < 20, `${asked} requests`);
  });

  it('105 the authority is down for 25 hours: a call an hour fails from the 24th on, until it is back', async () => {
    const world = await started();
    world.authority.fail = outage;
    const verdicts: string[] = [];
    for (let hour = 1; hour <= 25; hour++) {
      await world.timers.pass(HOUR);
      const answer = await verdict(world, issuedNow(world));
      verdicts.push(typeof answer === 'string' ? answer : 'accepted');
    }
    assert.deepEqual(verdicts, [
      ...Array.from({ length: 23 }, () => 'accepted'),
      'keys_unavailable',
      'keys_unavailable',
    ]);
    world.authority.fail = undefined;
    await world.timers.pass(60_000);
    await accepts(world, issuedNow(world));
  });

  it('106 the authority is down at the start: unavailable, and well again unaided', async () => {
    const world = tokenWorld();
    world.authority.fail = outage;
    await assert.rejects(world.validator.ready(), { code: 'ERR_KEYS_UNAVAILABLE' });
    await refuses(world, mint(), 'keys_unavailable');
    world.authority.fail = undefined;
    await world.timers.pass(60_000);
    await accepts(world, mint());
  });

  it('107 1000 concurrent calls by a key just rolled over: one fetch, all accepted', async () => {
    const world = await started();
    await world.timers.pass(COOLDOWN);
    world.authority.keys = [...world.authority.keys, testKey('new').jwk];
    const tokens = Array.from({ length: 100 }, (_, i) => lasting('new', `token ${i}`));
    const calls = Array.from({ length: 1000 }, (_, i) => tokens[i % 100] ?? '');
    await Promise.all(calls.map((token) => accepts(world, token)));
    assert.equal(world.authority.requests.length, 3);
  });

  it('108 a slow authority and a burst of unknown keys: 128 wait, others are refused at once', async () => {
    const world = await started();
    await world.timers.pass(COOLDOWN);
    const hold = withResolvers<void>();
    world.authority.hold = hold.promise;
    const tokens = Array.from({ length: 140 }, (_, i) => lasting('unpublished', `token ${i}`));
    const waiting: Promise<unknown>[] = [];
    let refused = 0;
    for (const token of tokens) {
      try {
        waiting.push(
          Promise.resolve(world.validator.check(token)).catch((error: unknown) => error),
        );
      } catch (error) {
        assert.ok(error instanceof TokenError && error.reason === 'key_id_unknown');
        refused++;
      }
    }
    assert.deepEqual([waiting.length, refused], [128, 12]);
    hold.resolve();
    for (const error of await Promise.all(waiting)) assert.ok(error instanceof TokenError);
    await accepts(world, lasting());
  });

  it('110 a wait for keys ends after 2 seconds, leaks no waiter, and serves the calls after it', async () => {
    const world = await started();
    await world.timers.pass(COOLDOWN);
    const before = world.timers.pending;
    const hold = withResolvers<void>();
    world.authority.hold = hold.promise;
    world.authority.keys = [...world.authority.keys, testKey('new').jwk];
    const waiting = verdict(world, lasting('new'));
    await world.timers.pass(2000);
    assert.equal(await waiting, 'key_id_unknown');
    hold.resolve();
    await world.timers.pass(1);
    await accepts(world, lasting('new'));
    assert.equal(world.timers.pending, before);
  });
});

const good = testKey('published').jwk;
const strange = (changes: Readonly<Record<string, unknown>>): unknown => ({
  ...testKey('second').jwk,
  ...changes,
});
const badKeys: Readonly<Record<string, unknown>> = {
  'a malformed key': 'key',
  'the exponent 1': strange({ e: 'AQ' }),
  'a modulus of 1024 bits': strange({ n: Buffer.alloc(128, 0xff).toString('base64url') }),
  'a modulus of 16 384 bits': strange({ n: Buffer.alloc(2048, 0xff).toString('base64url') }),
  'a private exponent': strange({ d: 'AQAB' }),
  'a symmetric key': { kty: 'oct', kid: testKey('second').kid, k: 'c2VjcmV0' },
};

describe('the attack catalogue: published keys', () => {
  for (const [name, key] of Object.entries(badKeys)) {
    it(`102 ${name} is left out, and the good key keeps working`, async () => {
      const world = tokenWorld();
      world.authority.keys = [key, good];
      await accepts(world, mint());
      await refuses(world, mint({ key: testKey('second') }), 'key_id_unknown');
      assert.equal(world.log.filter(({ level }) => level === 'error').length, 1);
    });
  }

  it('102 one key id with two keys: neither is used', async () => {
    const world = tokenWorld();
    const second = testKey('second');
    world.authority.keys = [second.jwk, strange({ n: testKey('attacker').jwk['n'] }), good];
    await refuses(world, mint({ key: second }), 'key_id_unknown');
    await accepts(world, mint());
  });

  for (const [name, keys] of [
    ['no key', []],
    ['only bad keys', Object.values(badKeys)],
  ] as const) {
    it(`102 a set with ${name} does not replace the good one`, async () => {
      const world = await started();
      world.authority.keys = keys;
      await world.timers.pass(HOUR * 1.2);
      await accepts(world, issuedNow(world));
    });
  }

  const bodies: Readonly<Record<string, Buffer | Error>> = {
    'a body beyond the bound': Buffer.alloc(300 * 1024, 0x20),
    'a page': Buffer.from('<html></html>'),
    'a body cut short': Buffer.from('{"keys":['),
    'compressed bytes': Buffer.from('1f8b0800', 'hex'),
    'a redirect': new KeyDocumentError('the authority answered with status 302'),
    'an answer that takes too long': new KeyDocumentError('no answer: timeout'),
  };
  for (const [name, body] of Object.entries(bodies)) {
    it(`103 ${name}: the last good keys stay`, async () => {
      const world = await started();
      answerKeysWith(world.authority, body);
      await world.timers.pass(HOUR * 1.2);
      await accepts(world, issuedNow(world));
      const fresh = tokenWorld();
      answerKeysWith(fresh.authority, body);
      await refuses(fresh, mint(), 'keys_unavailable');
    });
  }

  const documents: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'the issuer of another host': { issuer: 'https://attacker.example/v2.0' },
    'the issuer of another tenant': { issuer: issuerOf(OTHER_TENANT) },
    'a template where a tenant was asked for': { issuer: issuerOf('{tenantid}') },
    'keys on another host': { jwks_uri: 'https://attacker.example/keys' },
    'keys over http': {
      jwks_uri: `http://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
    },
    'another cloud': { cloud_instance_name: 'microsoftonline.us' },
  };
  for (const [name, metadata] of Object.entries(documents)) {
    it(`104 metadata with ${name} are discarded, without a request to anywhere else`, async () => {
      const world = tokenWorld();
      world.authority.metadata = metadata;
      await refuses(world, mint(), 'keys_unavailable');
      assert.equal(world.authority.requests.length, 1);
      world.authority.metadata = {};
      await world.timers.pass(60_000);
      await accepts(world, mint());
    });
  }
});

function answerKeysWith(authority: FakeAuthority, body: Buffer | Error): void {
  const { fetch } = authority;
  authority.fetch = (url, maxBytes) => {
    if (!url.pathname.endsWith('/keys')) return fetch.call(authority, url, maxBytes);
    return body instanceof Error ? Promise.reject(body) : Promise.resolve(body);
  };
}

describe('the attack catalogue: one verdict is not another’s', () => {
  it('80 one address in two tenants is two principals (nOAuth)', async () => {
    const world = tokenWorld({ tenantId: { allowedTenants: [TENANT, OTHER_TENANT] } });
    const ours = await accepts(world, mint({ base: USER_CLAIMS }));
    const claims = { iss: issuerOf(OTHER_TENANT), tid: OTHER_TENANT };
    const theirs = await accepts(world, mint({ base: USER_CLAIMS, claims }));
    assert.ok(ours.kind === 'user' && theirs.kind === 'user');
    assert.equal(ours.display.email, theirs.display.email);
    assert.notEqual(ours.tenantId, theirs.tenantId);
  });

  it('100 a token remembered under one policy is judged anew under another', async () => {
    const readers = await door();
    const token = mint();
    assert.equal((await knock(readers, [`Bearer ${token}`])).verdict, 'OK');
    const admins = allow.app({ anyRole: ['Admin'] });
    const denied = await knock(readers, [`Bearer ${token}`], { rule: admins });
    assert.deepEqual([denied.verdict, denied.reason], ['PD is', 'role_missing']);
    const other = await door({ clientId: OTHER_TENANT });
    const refused = await knock(other, [`Bearer ${token}`]);
    assert.deepEqual([refused.verdict, refused.reason], ['UA it', 'audience_mismatch']);
  });
});
