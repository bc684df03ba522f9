import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createTokenValidator } from 'grpc-entra/token';
import { TokenError } from '#src/core/errors.ts';
import { KeyDocumentError } from '#src/token/key-set.ts';
import { BOTH_VERSIONS } from '../attacks/attack.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { settle } from '../support/fake-timers.ts';
import { tempDir } from '../support/temp-dir.ts';
import { accepts, OPTIONS, refuses, type TokenWorld, tokenWorld } from '../support/token-world.ts';
import { mint, NOW, OTHER_TENANT, TENANT, testKey } from '../support/tokens.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const outage = (): Error => new KeyDocumentError('no answer');
const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const long = (name = 'published'): string =>
  mint({ key: testKey(name), claims: { exp: NOW + 90_000 } });

/** A file of keys, saved some time ago. */
function saved(content: unknown): { readonly file: string } & Disposable {
  const directory = tempDir();
  const file = join(directory.path, 'keys.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return { file, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

const published = { ...testKey('published').jwk };
const anHourOld = { asOf: at(NOW - 3600), keys: [published] };

/** A world whose authority is down and whose first keys come from a file. */
function down(file: string): TokenWorld {
  const world = tokenWorld({ keys: { initialKeysFile: file } });
  world.authority.fail = outage;
  return world;
}

const messages = ({ log }: TokenWorld, level: string): readonly string[] =>
  log.filter((line) => line.level === level).map(({ message }) => message);

describe('signing keys from a file', () => {
  it('serve a start while the authority is down, and say so', async () => {
    using keys = saved(anHourOld);
    const world = down(keys.file);
    await world.validator.ready();
    await accepts(world, mint());
    assert.deepEqual(world.authority.requests, [], 'no call waits for the authority');
    assert.deepEqual(messages(world, 'info'), ['initial signing keys are in use']);
    const [state] = world.validator.state().keySets;
    assert.deepEqual([state?.usable, state?.ageSeconds, state?.generation], [true, 3600, 0]);
  });

  it('are replaced as soon as the authority answers, which is asked at once', async () => {
    using keys = saved(anHourOld);
    const world = tokenWorld({ keys: { initialKeysFile: keys.file } });
    await accepts(world, mint());
    world.authority.keys = [testKey('second').jwk];
    await world.timers.pass(0);
    assert.equal(world.authority.requests.length, 2);
    await refuses(world, mint(), 'key_id_unknown');
    await accepts(world, long('second'));
  });

  it('that are published unchanged keep what was verified with them', async () => {
    using keys = saved(anHourOld);
    const world = tokenWorld({ keys: { initialKeysFile: keys.file } });
    world.authority.keys = [published];
    const caller = await accepts(world, mint());
    await world.timers.pass(0);
    assert.equal(world.validator.state().keySets[0]?.generation, 1);
    assert.equal(await accepts(world, mint()), caller);
  });

  it('do not keep a newer key waiting, however young they are', async () => {
    using keys = saved({ ...anHourOld, asOf: at(NOW) });
    const world = tokenWorld({ keys: { initialKeysFile: keys.file } });
    world.authority.keys = [testKey('second').jwk];
    await accepts(world, long('second'));
  });

  it('K8 age from the time they were saved, not from the start', async () => {
    using keys = saved({ ...anHourOld, asOf: at(NOW - 23 * 3600) });
    const world = down(keys.file);
    await world.timers.pass(HOUR - 1);
    await accepts(world, long());
    world.clock.advance(1);
    await refuses(world, long(), 'keys_unavailable');
  });

  it('K8 are left aside with a warning when they are too old, and the authority decides', async () => {
    using keys = saved({ ...anHourOld, asOf: at(NOW - 24 * 3600) });
    const world = down(keys.file);
    await refuses(world, mint(), 'keys_unavailable');
    assert.deepEqual(messages(world, 'warn'), ['the initial signing keys are too old to be used']);
    world.authority.fail = undefined;
    await world.timers.pass(60 * SECOND);
    await accepts(world, mint());
  });

  it('K2 are admitted by the rules for published ones', async () => {
    using keys = saved({ ...anHourOld, keys: [{ ...testKey('second').jwk, e: 'AQ' }, published] });
    const world = down(keys.file);
    await accepts(world, mint());
    assert.deepEqual(messages(world, 'error'), ['published signing keys are not usable']);
    await refuses(world, mint({ key: testKey('second') }), 'key_id_unknown');
  });

  it('K4 sign for the issuer they name', async () => {
    const issuer = `https://login.microsoftonline.com/${OTHER_TENANT}/v2.0`;
    using keys = saved({ ...anHourOld, keys: [{ ...published, issuer }] });
    await refuses(down(keys.file), mint(), 'key_of_other_issuer');
  });

  it('K5 belong to the cloud of the settings', async () => {
    for (const [cloud_instance_name, verdict] of [
      ['microsoftonline.us', 'key_of_other_cloud'],
      ['microsoftonline.com', undefined],
    ] as const) {
      using keys = saved({ ...anHourOld, keys: [{ ...published, cloud_instance_name }] });
      const world = down(keys.file);
      if (verdict === undefined) await accepts(world, mint());
      else await refuses(world, mint(), verdict);
    }
  });

  it('may be up to five minutes ahead: the clock of the machine that saved them', async () => {
    using keys = saved({ ...anHourOld, asOf: at(NOW + 300) });
    const world = down(keys.file);
    await accepts(world, mint());
    assert.equal(world.validator.state().keySets[0]?.ageSeconds, 0);
  });

  const refusals: readonly (readonly [string, unknown, RegExp])[] = [
    ['no time', { keys: [published] }, /no member asOf such as/],
    ['a time without zone', { ...anHourOld, asOf: '2027-01-15T11:00:00' }, /no member asOf/],
    ['a number for a time', { ...anHourOld, asOf: NOW }, /no member asOf/],
    ['a list of times', { ...anHourOld, asOf: [at(NOW)] }, /no member asOf/],
    ['a time that is none', { ...anHourOld, asOf: '2027-13-15T11:00:00Z' }, /no member asOf/],
    ['a time to come', { ...anHourOld, asOf: at(NOW + 301) }, /asOf a time in the future/],
    ['no keys', { asOf: at(NOW) }, /no array of keys/],
    ['no usable key', { asOf: at(NOW), keys: [{ kty: 'oct' }] }, /no usable key/],
    ['something else', '<html>', /not a JSON object/],
  ];
  for (const [name, content, message] of refusals) {
    it(`are refused at creation with ${name}`, () => {
      using keys = saved(content);
      const options = { ...OPTIONS, clock: fakeClock(), keys: { initialKeysFile: keys.file } };
      assert.throws(() => createTokenValidator(options), { code: 'ERR_OPTION_INVALID', message });
    });
  }

  it('are refused at creation without the file, or with an empty name', () => {
    const create = (initialKeysFile: string) => () =>
      createTokenValidator({ ...OPTIONS, keys: { initialKeysFile } });
    assert.throws(create('no/such/file.json'), { code: 'ERR_FILE_UNREADABLE' });
    assert.throws(create(''), { code: 'ERR_OPTION_INVALID' });
  });

  it('are refused where the settings need several key sets (K1)', () => {
    using keys = saved(anHourOld);
    const keyOptions = { clock: fakeClock(), keys: { initialKeysFile: keys.file } };
    for (const changes of [
      BOTH_VERSIONS,
      { tenantId: { allowedTenants: [TENANT, OTHER_TENANT] } },
    ]) {
      assert.throws(() => createTokenValidator({ ...OPTIONS, ...keyOptions, ...changes }), {
        code: 'ERR_OPTION_INVALID',
        message: /holds one key set, but these settings need 2/,
      });
    }
    createTokenValidator({ ...OPTIONS, ...keyOptions }).close();
  });
});

describe('a start that must have keys (failFast)', () => {
  const started = (): TokenWorld => {
    const world = tokenWorld({ keys: { failFast: true } });
    world.authority.fail = outage;
    return world;
  };

  it('is tried for 10 seconds by the back-off, then refused with the last failure', async () => {
    const world = started();
    const outcome: unknown[] = [];
    const ready = world.validator.ready().catch((error: unknown) => outcome.push(error));
    await settle();
    await world.timers.pass(10 * SECOND - 1);
    assert.equal(outcome.length, 0);
    // At once, and after 0.5, 1, 2 and 4 seconds.
    assert.equal(world.authority.requests.length, 5);
    await world.timers.pass(1);
    await ready;
    const [error] = outcome;
    assert.ok(error instanceof TokenError && error.cause instanceof KeyDocumentError);
    assert.equal(error.code, 'ERR_KEYS_UNAVAILABLE');
    world.authority.fail = undefined;
    await world.timers.pass(60 * SECOND);
    await accepts(world, mint());
  });

  it('succeeds as soon as the authority answers', async () => {
    const world = started();
    const ready = world.validator.ready();
    await settle();
    await world.timers.pass(SECOND);
    world.authority.fail = undefined;
    await world.timers.pass(2 * SECOND);
    await ready;
    assert.equal(world.validator.state().keySets[0]?.usable, true);
    await accepts(world, mint());
  });

  it('is refused after 10 seconds by an authority that never answers', async () => {
    const world = started();
    world.authority.hold = new Promise(() => {});
    const ready = assert.rejects(world.validator.ready(), { code: 'ERR_KEYS_UNAVAILABLE' });
    await world.timers.pass(10 * SECOND);
    await ready;
    assert.equal(world.authority.requests.length, 1);
  });

  it('is not refused where initial keys serve', async () => {
    using keys = saved(anHourOld);
    const world = tokenWorld({ keys: { initialKeysFile: keys.file, failFast: true } });
    world.authority.fail = outage;
    await world.validator.ready();
    await accepts(world, mint());
  });

  it('is not asked for by default: one attempt decides', async () => {
    const world = tokenWorld();
    world.authority.fail = outage;
    await assert.rejects(world.validator.ready(), { code: 'ERR_KEYS_UNAVAILABLE' });
    assert.equal(world.authority.requests.length, 1);
  });
});

describe('the wall clock', () => {
  const warnings = (world: TokenWorld): readonly unknown[] =>
    world.log
      .filter(({ message }) => message.startsWith('the wall clock jumped'))
      .map(({ level, fields }) => ({ level, fields }));

  it('is reported once when it jumps by more than a minute, either way', async () => {
    const world = tokenWorld();
    await accepts(world, mint());
    world.clock.jumpWallClock(61 * SECOND);
    await accepts(world, mint());
    await accepts(world, mint());
    assert.deepEqual(warnings(world), [{ level: 'warn', fields: { jumpSeconds: 61 } }]);
    world.clock.jumpWallClock(-2 * HOUR);
    await refuses(world, mint(), 'not_yet_valid');
    assert.deepEqual(warnings(world)[1], { level: 'warn', fields: { jumpSeconds: -7200 } });
    assert.equal(warnings(world).length, 2);
  });

  it('is not reported when it moves with time, or by a minute', async () => {
    const world = tokenWorld();
    await accepts(world, mint());
    await world.timers.pass(HOUR / 2);
    await accepts(world, mint());
    world.clock.jumpWallClock(60 * SECOND);
    await accepts(world, mint());
    world.clock.jumpWallClock(-60 * SECOND);
    await accepts(world, mint());
    await settle();
    assert.deepEqual(warnings(world), []);
  });
});
