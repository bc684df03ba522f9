import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessToken, TokenCredential } from '#src/acquire/token-credential.ts';
import { TokenSource } from '#src/acquire/token-source.ts';
import { AcquisitionError } from '#src/core/errors.ts';
import { silentLogger } from '#src/core/log.ts';
import { noMetrics } from '#src/core/metrics.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';

const SECOND = 1000;

const unavailable = (retryAfterMs?: number): AcquisitionError =>
  new AcquisitionError('ERR_ACQUISITION_UNAVAILABLE', 'down', {
    retryable: true,
    details: retryAfterMs === undefined ? {} : { retryAfterMs },
  });

const rejected = new AcquisitionError('ERR_ACQUISITION_REJECTED', 'wrong secret', {
  retryable: false,
});

type Answer = Error | number;

/** A credential that answers from a script: a lifetime in seconds, or an error. Repeats the last answer. */
function scripted(clock: FakeClock, answers: Answer[]) {
  let requests = 0;
  const credential: TokenCredential = {
    getToken: async () => {
      const answer = answers[Math.min(requests, answers.length - 1)];
      requests += 1;
      if (answer instanceof Error) throw answer;
      return {
        token: `token-${requests}`,
        expiresOnTimestamp: clock.now() + (answer ?? 0) * SECOND,
      };
    },
  };
  return { credential, requests: () => requests };
}

function sourceOf(
  clock: FakeClock,
  credential: TokenCredential,
  waits: number[] = [],
): TokenSource {
  return new TokenSource({
    credential,
    scope: 'api://orders/.default',
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    retry: {
      attempts: 3,
      baseMs: 200,
      capMs: 2000,
      random: () => 0.5,
      wait: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  });
}

/** Lets background work that needs no time settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const held = (value: AccessToken | Promise<AccessToken>): string => {
  assert.ok(!(value instanceof Promise), 'the token was not served at once');
  return value.token;
};

describe('a token source', () => {
  it('C2 makes one request for 1,000 concurrent first calls', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [3600]);
    const source = sourceOf(clock, credential);
    const tokens = await Promise.all(Array.from({ length: 1000 }, async () => source.get()));
    assert.ok(tokens.every(({ token }) => token === 'token-1'));
    assert.equal(requests(), 1);
  });

  it('C4 serves the old token at once while the new one is fetched', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [3600]);
    const source = sourceOf(clock, credential);
    await source.get();
    clock.advance(2700 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    assert.equal(requests(), 1, 'nothing is due yet');
    clock.advance(300 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    assert.equal(requests(), 2, 'the refresh started in the background');
    await settle();
    assert.equal(held(source.get()), 'token-2');
  });

  it('C4 swallows a failed refresh and pauses before the next', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [3600, rejected, 3600]);
    const source = sourceOf(clock, credential);
    await source.get();
    clock.advance(3000 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    await settle();
    assert.equal(held(source.get()), 'token-1');
    assert.equal(requests(), 2, 'no further attempt within the pause');
    clock.advance(40 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    await settle();
    assert.equal(held(source.get()), 'token-3');
  });

  it('C10 asks once more where proof read anew may mend the refusal, and only once', async () => {
    const refusal = (aadsts: number): AcquisitionError =>
      new AcquisitionError('ERR_ACQUISITION_REJECTED', 'no', {
        retryable: false,
        details: { aadsts },
      });
    for (const [aadsts, wanted] of [
      [700024, 2],
      [700213, 2],
      [7000215, 1],
    ] as const) {
      const clock = fakeClock();
      const waits: number[] = [];
      const { credential, requests } = scripted(clock, [refusal(aadsts)]);
      await assert.rejects(async () => sourceOf(clock, credential, waits).get());
      assert.equal(requests(), wanted);
      assert.equal(waits.length, wanted - 1);
    }
    const clock = fakeClock();
    const { credential } = scripted(clock, [refusal(700024), 3600]);
    assert.equal((await sourceOf(clock, credential).get()).token, 'token-2');
  });

  it('C18 logs numbers and ids of a failed refresh, and nothing of its text', async () => {
    const clock = fakeClock();
    const failure = new AcquisitionError('ERR_ACQUISITION_REJECTED', 'words of the authority', {
      retryable: false,
      details: { httpStatus: 401, aadsts: 7000222, traceId: 'trace', correlationId: 'correlation' },
    });
    const { credential } = scripted(clock, [3600, failure]);
    const lines: unknown[] = [];
    const source = new TokenSource({
      credential,
      scope: 'api://orders/.default',
      clock,
      logger: { ...silentLogger, warn: (message, fields) => lines.push([message, fields]) },
      metrics: noMetrics,
      retry: {
        attempts: 1,
        baseMs: 1,
        capMs: 1,
        random: () => 0.5,
        wait: () => Promise.resolve(),
      },
    });
    await source.get();
    clock.advance(3000 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    await settle();
    const [[message, fields]] = lines as [[string, Record<string, unknown>]];
    assert.match(message, /refresh failed/);
    assert.deepEqual(
      { ...fields, nextAttemptMs: undefined },
      {
        code: 'ERR_ACQUISITION_REJECTED',
        httpStatus: 401,
        aadsts: 7000222,
        traceId: 'trace',
        correlationId: 'correlation',
        durationMs: 0,
        nextAttemptMs: undefined,
      },
    );
    assert.ok(!JSON.stringify(lines).includes('words'));
  });

  it('C4 pauses too when a credential with a cache of its own answers with the token that is to be renewed', async () => {
    const clock = fakeClock();
    const ends = clock.now() + 3600 * SECOND;
    const due = clock.now() + 1800 * SECOND;
    let requests = 0;
    const source = sourceOf(clock, {
      getToken: async () => {
        requests += 1;
        return { token: 'same', expiresOnTimestamp: ends, refreshAfterTimestamp: due };
      },
    });
    await source.get();
    clock.advance(1801 * SECOND);
    for (let call = 0; call < 100; call++) {
      assert.equal(held(source.get()), 'same');
      await settle();
    }
    assert.equal(requests, 2, 'one attempt, then the pause');
    clock.advance(46 * SECOND);
    assert.equal(held(source.get()), 'same');
    await settle();
    assert.equal(requests, 3);
  });

  it('C5 serves a valid token through an outage and blocks only 30 s before its end', async () => {
    const clock = fakeClock();
    const { credential } = scripted(clock, [3600, rejected]);
    const source = sourceOf(clock, credential);
    await source.get();
    clock.advance(3569 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    await settle();
    clock.advance(2 * SECOND);
    await assert.rejects(async () => source.get(), rejected);
  });

  it('C3 uses a short-lived token for most of its life (row B11)', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [299]);
    const source = sourceOf(clock, credential);
    await source.get();
    clock.advance(200 * SECOND);
    assert.equal(held(source.get()), 'token-1');
    assert.equal(requests(), 1);
  });

  it('C3 refreshes a long-lived token at half its life', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [86_400]);
    const source = sourceOf(clock, credential);
    await source.get();
    clock.advance(41_000 * SECOND);
    held(source.get());
    assert.equal(requests(), 1);
    clock.advance(300 * SECOND);
    held(source.get());
    assert.equal(requests(), 2);
  });

  it('C6 is not fooled by a wall clock that jumps back', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [3600]);
    const source = sourceOf(clock, credential);
    await source.get();
    clock.jumpWallClock(-86_400 * SECOND);
    clock.advance(3600 * SECOND);
    await source.get();
    assert.equal(requests(), 2);
  });

  it('C10 retries what may pass, at most three times, with growing pauses', async () => {
    const clock = fakeClock();
    const waits: number[] = [];
    const { credential, requests } = scripted(clock, [unavailable(), unavailable(), 3600]);
    assert.equal((await sourceOf(clock, credential, waits).get()).token, 'token-3');
    assert.deepEqual(waits, [100, 200]);
    const down = scripted(clock, [unavailable()]);
    await assert.rejects(async () => sourceOf(clock, down.credential).get(), {
      code: 'ERR_ACQUISITION_UNAVAILABLE',
    });
    assert.equal(down.requests(), 3);
    assert.equal(requests(), 3);
  });

  it('C10 does not repeat a refusal, nor wait longer than the cap', async () => {
    const clock = fakeClock();
    const waits: number[] = [];
    const wrong = scripted(clock, [rejected]);
    await assert.rejects(async () => sourceOf(clock, wrong.credential, waits).get(), rejected);
    assert.equal(wrong.requests(), 1);
    const throttled = scripted(clock, [unavailable(60 * SECOND)]);
    await assert.rejects(async () => sourceOf(clock, throttled.credential, waits).get());
    assert.equal(throttled.requests(), 1);
    assert.deepEqual(waits, []);
  });

  it('C11 remembers a refusal for a moment, then asks again', async () => {
    const clock = fakeClock();
    const { credential, requests } = scripted(clock, [rejected, 3600]);
    const source = sourceOf(clock, credential);
    for (let call = 0; call < 100; call++) await assert.rejects(async () => source.get(), rejected);
    assert.equal(requests(), 1);
    clock.advance(2001);
    assert.equal((await source.get()).token, 'token-2');
  });

  it('refuses what a foreign credential returns when it is no token', async () => {
    const clock = fakeClock();
    const bad: readonly unknown[] = [
      null,
      { token: '', expiresOnTimestamp: 1 },
      { token: 'a\r\nx-injected: 1', expiresOnTimestamp: clock.now() + 1000 },
      { token: 'good', expiresOnTimestamp: Number.NaN },
      { token: 'good', expiresOnTimestamp: clock.now() },
    ];
    for (const answer of bad) {
      const source = sourceOf(clock, { getToken: async () => answer as AccessToken });
      await assert.rejects(async () => source.get(), { code: 'ERR_ACQUISITION_REJECTED' });
    }
    const good = { token: 'good', expiresOnTimestamp: clock.now() + 3_600_000 };
    assert.equal((await sourceOf(clock, { getToken: async () => good }).get()).token, 'good');
  });

  it('lets one waiter give up without disturbing the others', async () => {
    const clock = fakeClock();
    const gate = withResolvers<void>();
    const source = sourceOf(clock, {
      getToken: async () => {
        await gate.promise;
        return { token: 'late', expiresOnTimestamp: clock.now() + 3_600_000 };
      },
    });
    const first = Promise.race([source.get(), Promise.resolve('gave up')]);
    const second = source.get();
    assert.equal(await first, 'gave up');
    gate.resolve();
    assert.equal((await second).token, 'late');
  });
});
