import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { Caller } from '#src/core/caller.ts';
import { TokenError } from '#src/core/errors.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { callerOf } from '#src/server/caller-of.ts';
import { appCaller } from '../support/callers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { GatedCall, type GatedCallOptions, READER } from '../support/gated-call.ts';

type Check = NonNullable<GatedCallOptions['validator']>['check'];

const checkedBy = (check: Check): GatedCallOptions => ({
  validator: { check, maxTokenBytes: 16_384 },
});

/** Lets what has been settled take effect. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function assertRefused(call: GatedCall, code: number, reason: string): void {
  assert.equal(call.passed.length, 0);
  assert.deepEqual(
    call.statuses.map((sent) => sent.code),
    [code],
  );
  assert.equal(call.events.length, 1);
  assert.equal(call.events[0]?.gate, 'refused');
  assert.equal(call.events[0]?.reason, reason);
}

function assertAdmitted(call: GatedCall): void {
  assert.equal(call.passed.length, 1);
  assert.equal(call.statuses.length, 0);
  assert.equal(call.logged.length, 0);
}

describe('the gate', () => {
  it('admits whom the rule admits, known at once or after waiting', async () => {
    assertAdmitted(new GatedCall().arrive());
    const waiting = new GatedCall(checkedBy(() => Promise.resolve(READER))).arrive();
    assert.equal(waiting.passed.length, 0);
    await settle();
    assertAdmitted(waiting);
  });

  it('refuses whom the rule does not admit, known at once or after waiting', async () => {
    const stranger = appCaller(['Other.Role']);
    assertRefused(
      new GatedCall(checkedBy(() => stranger)).arrive(),
      status.PERMISSION_DENIED,
      'role_missing',
    );
    const waiting = new GatedCall(checkedBy(() => Promise.resolve(stranger))).arrive();
    await settle();
    assertRefused(waiting, status.PERMISSION_DENIED, 'role_missing');
  });

  it('refuses a method that no rule names, whoever calls', () => {
    assertRefused(
      new GatedCall({ rules: new Map() }).arrive(),
      status.PERMISSION_DENIED,
      'rule_missing',
    );
  });

  it('tells only callers with an identity that a method does not exist', async () => {
    const gone = { rules: new Map(), serves: () => false };
    assertRefused(new GatedCall(gone).arrive(''), status.UNAUTHENTICATED, 'authorization_missing');
    assertRefused(new GatedCall(gone).arrive(), status.UNIMPLEMENTED, 'method_unknown');
    const waiting = new GatedCall({
      ...gone,
      ...checkedBy(() => Promise.resolve(READER)),
    }).arrive();
    await settle();
    assertRefused(waiting, status.UNIMPLEMENTED, 'method_unknown');
    const nobody = checkedBy(() => ({}) as unknown as Caller);
    assertRefused(
      new GatedCall({ ...gone, ...nobody }).arrive(),
      status.UNAUTHENTICATED,
      'internal_error',
    );
  });

  it('asks for no token where the rule is public, and tells no caller', () => {
    const rules = new Map([['/test.Service/Method', { kind: 'public', reason: 'test' } as const]]);
    const check = mock.fn<Check>(() => READER);
    const call = new GatedCall({ ...checkedBy(check), rules }).arrive('');
    assertAdmitted(call);
    assert.equal(check.mock.callCount(), 0);
    const [metadata] = call.passed;
    assert.ok(metadata);
    assert.throws(() => callerOf({ metadata }), { message: 'a public method has no caller' });
  });

  it('asks the validator only with a well-formed credential', () => {
    const check = mock.fn<Check>(() => READER);
    for (const value of ['', 'Basic abc', 'Bearer', 'Bearer a b']) {
      const call = new GatedCall(checkedBy(check)).arrive(value);
      assert.equal(call.statuses[0]?.code, status.UNAUTHENTICATED, value);
      assert.equal(call.passed.length, 0);
    }
    assert.equal(check.mock.callCount(), 0);
  });

  it('M13 takes the credential out of what the handler sees, and leaves the caller', () => {
    const [metadata] = new GatedCall().arrive().passed;
    assert.ok(metadata);
    assert.deepEqual(metadata.get('authorization'), []);
    assert.equal(callerOf({ metadata }), READER);
  });

  it('says once what became of an admitted call', () => {
    const call = new GatedCall().arrive();
    call.answer(status.NOT_FOUND);
    call.cancel();
    assert.deepEqual(
      call.events.map(({ gate, status: name }) => [gate, name]),
      [['admitted', 'NOT_FOUND']],
    );
    assert.equal(call.events[0]?.caller?.clientId, READER.clientId);
    assert.equal(call.events[0]?.method, '/test.Service/Method');
  });

  it('says how long a call took, and whether it outlived its deadline', () => {
    const deadlineMs = fakeClock().now() + 250;
    const cancelledAfter = (ms: number) => {
      const call = new GatedCall({ deadlineMs }).arrive();
      call.clock.advance(ms);
      call.cancel();
      return call.events.map(({ status: name, durationMs }) => [name, durationMs]);
    };
    assert.deepEqual(cancelledAfter(249), [['CANCELLED', 249]]);
    assert.deepEqual(cancelledAfter(250), [['DEADLINE_EXCEEDED', 250]]);
  });
});

describe('the gate fails closed', () => {
  const boom = (): never => {
    throw new Error('boom');
  };

  it('when the validator throws what it never should', () => {
    const call = new GatedCall(checkedBy(boom)).arrive();
    assertRefused(call, status.UNAUTHENTICATED, 'internal_error');
    assert.deepEqual(call.logged, ['verification failed unexpectedly; the call is refused']);
  });

  it('when the validator rejects, with a reason of its own or without', async () => {
    const refused = new GatedCall(
      checkedBy(() => Promise.reject(new TokenError('ERR_TOKEN_EXPIRED', 'expired'))),
    ).arrive();
    const failed = new GatedCall(checkedBy(() => Promise.reject(new Error('boom')))).arrive();
    await settle();
    assertRefused(refused, status.UNAUTHENTICATED, 'expired');
    assert.equal(refused.logged.length, 0);
    assertRefused(failed, status.UNAUTHENTICATED, 'internal_error');
    assert.equal(failed.logged.length, 1);
  });

  it('when the validator returns nothing, or something that is no caller', async () => {
    for (const nobody of [undefined, null, {}, true, 'admin']) {
      const call = new GatedCall(checkedBy(() => nobody as unknown as Caller)).arrive();
      assertRefused(call, status.UNAUTHENTICATED, 'internal_error');
      const late = new GatedCall(
        checkedBy(() => Promise.resolve(nobody as unknown as Caller)),
      ).arrive();
      await settle();
      assertRefused(late, status.UNAUTHENTICATED, 'internal_error');
    }
  });

  it('when the rules themselves throw', () => {
    const rules = { get: boom };
    assertRefused(
      new GatedCall({ rules } as unknown as GatedCallOptions).arrive(),
      status.UNAUTHENTICATED,
      'internal_error',
    );
  });

  it('when a verification never settles, and a late answer changes nothing', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { promise, resolve } = withResolvers<Caller>();
    const call = new GatedCall(checkedBy(() => promise)).arrive();
    t.mock.timers.tick(999);
    assert.equal(call.statuses.length, 0);
    t.mock.timers.tick(1);
    assertRefused(call, status.UNAVAILABLE, 'verification_timeout');
    resolve(READER);
    await settle();
    assertRefused(call, status.UNAVAILABLE, 'verification_timeout');
  });

  it('and does not refuse after the deadline whom it has admitted before', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const call = new GatedCall(checkedBy(() => Promise.resolve(READER))).arrive();
    await settle();
    t.mock.timers.tick(5000);
    assertAdmitted(call);
  });

  it('when a verification settles twice: the first answer stands', () => {
    const settlesTwice = (first: 'admit' | 'refuse'): Promise<Caller> => {
      const promise = Promise.resolve(READER);
      const thenTwice = (fulfil: (value: Caller) => void, reject: (error: unknown) => void) => {
        if (first === 'admit') fulfil(READER);
        reject(new TokenError('ERR_TOKEN_EXPIRED', 'expired'));
        fulfil(READER);
      };
      return Object.defineProperty(promise, 'then', { value: thenTwice });
    };
    assertAdmitted(new GatedCall(checkedBy(() => settlesTwice('admit'))).arrive());
    assertRefused(
      new GatedCall(checkedBy(() => settlesTwice('refuse'))).arrive(),
      status.UNAUTHENTICATED,
      'expired',
    );
  });

  it('and leaves no timer behind, however a verification ends', async (t) => {
    const cleared = t.mock.method(globalThis, 'clearTimeout');
    new GatedCall(checkedBy(() => Promise.resolve(READER))).arrive();
    await settle();
    assert.equal(cleared.mock.callCount(), 1);
    new GatedCall(checkedBy(() => Promise.reject(new Error('boom')))).arrive();
    await settle();
    assert.equal(cleared.mock.callCount(), 2);
  });

  it('when a caller arrives after the peer has gone', async () => {
    const { promise, resolve } = withResolvers<Caller>();
    const call = new GatedCall(checkedBy(() => promise)).arrive();
    call.cancel();
    resolve(READER);
    await settle();
    assert.equal(call.passed.length, 0);
    assert.deepEqual(
      call.events.map((event) => event.status),
      ['CANCELLED'],
    );
  });

  it('when what stands behind it throws: INTERNAL, not the end of the process', () => {
    const call = new GatedCall({ behind: boom }).arrive();
    assert.deepEqual(
      call.statuses.map(({ code, details }) => [code, details]),
      [[status.INTERNAL, 'internal error']],
    );
    assert.deepEqual(call.logged, ['an interceptor behind the gate threw']);
  });

  it('when a status cannot be sent', () => {
    const call = new GatedCall({ ...checkedBy(boom), send: boom }).arrive();
    assert.equal(call.passed.length, 0);
    assert.equal(call.logged.at(-1), 'a status could not be sent');
  });
});
