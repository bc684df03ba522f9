import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash, X509Certificate } from 'node:crypto';
import { describe, it, mock } from 'node:test';
import { inspect } from 'node:util';
import { Metadata, status } from '@grpc/grpc-js';
import { allow } from '#src/authorize/allow.ts';
import type { Caller } from '#src/core/caller.ts';
import { TokenError } from '#src/core/errors.ts';
import { tokenReasons } from '#src/core/token-reason.ts';
import { withResolvers } from '#src/core/with-resolvers.ts';
import { callerOf, tokenOf } from '#src/server/caller-of.ts';
import type { GateOptions } from '#src/server/gated-call.ts';
import type { TlsIdentity } from '#src/tls/connection-identity.ts';
import type { HandshakeExplanation } from '#src/tls/handshake-failure.ts';
import { appCaller, userCaller } from '../support/callers.ts';
import { issueCertificate } from '../support/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { GatedCall, type GatedCallOptions, READER } from '../support/gated-call.ts';
import { tempDir } from '../support/temp-dir.ts';

type Check = GateOptions['validator']['check'];

const checkedBy = (check: Check): GatedCallOptions => ({
  validator: { binding: 'off', check, maxTokenBytes: 16_384 },
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
    const user = checkedBy(() => userCaller(['Orders.Read']));
    assertRefused(
      new GatedCall({ ...gone, ...user }).arrive(),
      status.UNIMPLEMENTED,
      'method_unknown',
    );
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
    assert.equal(call.events[0]?.inferred, undefined);
  });

  it('says when a status is inferred, because gRPC itself ended the call', () => {
    const call = new GatedCall().arrive();
    call.cancel();
    assert.deepEqual(
      call.events.map(({ status: name, inferred }) => [name, inferred]),
      [['CANCELLED', true]],
    );
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

describe('the connection of a call', () => {
  const identity = (refusal?: HandshakeExplanation): TlsIdentity => ({
    peer: '127.0.0.1:1',
    protocol: 'TLSv1.3',
    cipherSuite: 'TLS_AES_128_GCM_SHA256',
    certificate: undefined,
    refusal,
  });
  const revoked = {
    result: 'CERTIFICATE_REVOKED',
    reason: 'the client certificate is revoked',
  } as const;
  const publicRule = new Map([
    ['/test.Service/Method', { kind: 'public', reason: 'test' } as const],
  ]);

  it('is named in the audit', () => {
    const call = new GatedCall({ identity: identity(), ownListener: true }).arrive();
    assertAdmitted(call);
    call.answer(status.OK);
    assert.equal(call.events[0]?.tls, 'TLSv1.3 TLS_AES_128_GCM_SHA256');
  });

  it('refuses every call when its certificate was refused, on public methods too', () => {
    for (const changes of [{}, { rules: publicRule }]) {
      const call = new GatedCall({
        identity: identity(revoked),
        ownListener: true,
        ...changes,
      }).arrive();
      assertRefused(call, status.UNAUTHENTICATED, 'client_certificate_refused');
      assert.equal(
        call.statuses[0]?.details,
        'client certificate refused: the client certificate is revoked',
      );
      assert.equal(call.logged.length, 0);
    }
  });

  it('must be known where the listener is ours', () => {
    for (const changes of [{}, { rules: publicRule }]) {
      const call = new GatedCall({ ownListener: true, ...changes }).arrive();
      assertRefused(call, status.UNAUTHENTICATED, 'connection_unknown');
      assertAdmitted(new GatedCall({ ownListener: false, ...changes }).arrive());
    }
  });
});

describe('M14 the gate and streams', () => {
  const now = fakeClock().now() / 1000;
  const expiring = (seconds: number) =>
    checkedBy(() => appCaller(['Orders.Read'], { expiresAt: now + seconds }));

  for (const stream of ['requests', 'responses'] as const) {
    it(`ends one of ${stream} a minute after its token, with a challenge and one audit event`, async () => {
      const call = new GatedCall({ stream, ...expiring(600) }).arrive();
      await call.timers.pass(659_000);
      assertAdmitted(call);
      await call.timers.pass(1_000);
      assert.equal(call.statuses.length, 1);
      assert.equal(call.statuses[0]?.code, status.UNAUTHENTICATED);
      assert.equal(call.statuses[0]?.details, 'access token expired');
      assert.match(
        String(call.statuses[0]?.metadata?.get('www-authenticate')),
        /error="invalid_token"/,
      );
      call.cancel();
      assert.deepEqual(
        call.events.map(({ gate, code, rule }) => [gate, code, rule]),
        [['admitted', 'ERR_TOKEN_EXPIRED', 'M14']],
      );
    });
  }

  it('lets nothing of it pass any more, and tells whoever serves it, once: a peer that does not read must not hold it', async () => {
    const call = new GatedCall({ stream: 'requests', ...expiring(600) }).arrive();
    call.deliver();
    call.send();
    assert.deepEqual(call.received, ['message', 'half close']);
    assert.deepEqual(call.sent, ['metadata', 'message']);
    await call.timers.pass(660_000);
    assert.deepEqual(call.received, ['message', 'half close', 'cancel']);
    call.deliver();
    call.send();
    call.answer(status.OK);
    call.cancel();
    assert.deepEqual(call.received, ['message', 'half close', 'cancel']);
    assert.deepEqual(call.sent, ['metadata', 'message', 'sent or dropped']);
    assert.equal(call.statuses.length, 1);
  });

  it('gives one whose token was accepted by tolerance that minute, too', async () => {
    const call = new GatedCall({ stream: 'responses', ...expiring(-100) }).arrive();
    await call.timers.pass(59_000);
    assert.equal(call.statuses.length, 0);
    await call.timers.pass(1_000);
    assert.equal(call.statuses.length, 1);
  });

  it('leaves alone what is over, what is no stream, and what the settings let go on', async () => {
    const over = new GatedCall({ stream: 'responses', ...expiring(600) }).arrive();
    over.cancel();
    assert.equal(over.timers.pending, 0);
    const unary = new GatedCall(expiring(600)).arrive();
    assert.equal(unary.timers.pending, 0);
    const dangerous = {
      stream: 'responses' as const,
      streamsOutliveTokens: true,
      ...expiring(600),
    };
    assert.equal(new GatedCall(dangerous).arrive().timers.pending, 0);
    const far = new GatedCall({ stream: 'responses', ...expiring(10_000_000) }).arrive();
    await far.timers.pass(2 ** 31 - 2);
    assert.equal(far.statuses.length, 0);
  });
});

describe('tokens bound to certificates at the gate', () => {
  const certificate = {
    x5tS256: 'thumbprint',
    dnsNames: [],
    uris: [],
    spiffeId: undefined,
    notAfterMs: 0,
    chainIds: [],
  };
  const identity: TlsIdentity = {
    peer: '127.0.0.1:1',
    protocol: 'TLSv1.3',
    cipherSuite: 'x',
    certificate,
    refusal: undefined,
  };
  const seen = (options: GatedCallOptions, binding: 'off' | 'optional') => {
    const check = mock.fn<Check>(() => READER);
    const call = new GatedCall({
      ...options,
      validator: { binding, check, maxTokenBytes: 16_384 },
    }).arrive();
    assertAdmitted(call);
    return check.mock.calls[0]?.arguments[1];
  };

  it('P2 come with the thumbprint of the connection, where it is asked for', () => {
    const own = { ownListener: true, identity };
    assert.deepEqual(seen(own, 'optional'), { certificateThumbprint: 'thumbprint' });
    assert.equal(seen(own, 'off'), undefined);
    const bare = { ownListener: true, identity: { ...identity, certificate: undefined } };
    assert.deepEqual(seen(bare, 'optional'), {});
  });

  it("P2 come with that of the host's connection in a host", () => {
    const peer = { raw: Buffer.from('certificate') };
    const thumbprint = createHash('sha256').update(peer.raw).digest('base64url');
    assert.deepEqual(seen({ peer }, 'optional'), { certificateThumbprint: thumbprint });
    assert.deepEqual(seen({}, 'optional'), {});
    // Node's answer for a peer without a certificate.
    assert.deepEqual(seen({ peer: {} }, 'optional'), {});
  });
});

describe('rules that ask for a client certificate, at the gate', () => {
  const path = '/test.Service/Method';
  const rules = new Map([
    [
      path,
      allow.app(
        { anyRole: ['Orders.Read'] },
        { clientCertificate: { dnsNames: ['orders.example.com'] } },
      ),
    ],
  ]);
  const named = async (name: string): Promise<Buffer> => {
    using dir = tempDir();
    const { cert } = await issueCertificate(dir, {
      extensions: { extendedKeyUsage: 'clientAuth', subjectAltName: `DNS:${name}` },
    });
    return new X509Certificate(cert).raw;
  };

  it("look at the certificate of the host's connection", async () => {
    const raw = await named('orders.example.com');
    assertAdmitted(new GatedCall({ rules, peer: { raw } }).arrive());
    const other = await named('other.example.com');
    assertRefused(
      new GatedCall({ rules, peer: { raw: other } }).arrive(),
      status.PERMISSION_DENIED,
      'certificate_not_allowed',
    );
    assertRefused(
      new GatedCall({ rules }).arrive(),
      status.PERMISSION_DENIED,
      'certificate_missing',
    );
  });

  it('look at what our own listener knows', () => {
    const certificate = {
      x5tS256: '',
      dnsNames: ['orders.example.com'],
      uris: [],
      spiffeId: undefined,
      notAfterMs: 0,
      chainIds: [],
    };
    const identity: TlsIdentity = {
      peer: '127.0.0.1:1',
      protocol: 'TLSv1.3',
      cipherSuite: 'x',
      certificate,
      refusal: undefined,
    };
    const own = { rules, ownListener: true };
    assertAdmitted(new GatedCall({ ...own, identity }).arrive());
    assertRefused(
      new GatedCall({ ...own, identity: { ...identity, certificate: undefined } }).arrive(),
      status.PERMISSION_DENIED,
      'certificate_missing',
    );
  });
});

describe('X1 a rule that asks for an authentication context, at the gate', () => {
  const rules = new Map([
    ['/test.Service/Method', allow.user({ anyScope: ['x'], authContext: 'c1' })],
  ]);
  const asked = (authContexts: readonly string[], requireAuthContext: () => void) =>
    new GatedCall({
      rules,
      validator: {
        check: () => userCaller(['x'], [], { authContexts }),
        requireAuthContext,
      },
    }).arrive();

  it('is answered with the challenge of the validator', () => {
    const challenge = 'Bearer error="insufficient_claims"';
    const call = asked([], () => {
      throw new TokenError('ERR_TOKEN_INVALID', 'auth_context_required', { challenge });
    });
    assertRefused(call, status.UNAUTHENTICATED, 'auth_context_required');
    assert.equal(call.statuses[0]?.metadata?.get('www-authenticate').join(), challenge);
  });

  it('admits who has it, without asking, and denies who has not, whatever the validator says', () => {
    const never = (): never => assert.fail('asked');
    assertAdmitted(asked(['c2', 'c1'], never));
    assertRefused(
      asked(['c2'], () => {}),
      status.PERMISSION_DENIED,
      'auth_context_missing',
    );
  });
});

describe('copies of the metadata, which some hosts give to handlers', () => {
  const KEY = 'grpc-entra-call';
  /** As nice-grpc has it: one text a key. */
  const copyOf = (metadata: Metadata | undefined) => ({
    metadata: { get: (key: string) => metadata?.get(key)[0] },
  });

  it('tell the caller while the call lasts, in a host', () => {
    const call = new GatedCall().arrive();
    const copies = [
      copyOf(call.passed[0]),
      { metadata: call.passed[0]?.clone() ?? new Metadata() },
    ];
    for (const copy of copies) assert.equal(callerOf(copy), READER);
    call.cancel();
    for (const copy of copies) assert.throws(() => callerOf(copy), /passed no gate/);
  });

  it('cannot be forged: what a peer sends under that name does not arrive', () => {
    const victim = new GatedCall().arrive();
    const id = String(victim.passed[0]?.get(KEY)[0]);
    assert.match(id, /^[\w-]{24}$/);
    const rules = new Map([['/test.Service/Method', allow.public('x')]]);
    for (const ownListener of [false, true]) {
      const identity: TlsIdentity = {
        peer: '127.0.0.1:1',
        protocol: 'TLSv1.3',
        cipherSuite: 'x',
        certificate: undefined,
        refusal: undefined,
      };
      const thief = new GatedCall({ rules, ownListener, identity }).arrive('', { [KEY]: id });
      assertAdmitted(thief);
      assert.notEqual(thief.passed[0]?.get(KEY)[0], id);
      assert.throws(() => callerOf(copyOf(thief.passed[0])), /gate|caller/);
    }
    assert.equal(callerOf(copyOf(victim.passed[0])), READER);
  });

  it('are not made in our own server', () => {
    const identity: TlsIdentity = {
      peer: '127.0.0.1:1',
      protocol: 'TLSv1.3',
      cipherSuite: 'x',
      certificate: undefined,
      refusal: undefined,
    };
    const call = new GatedCall({ ownListener: true, identity }).arrive();
    assert.deepEqual(call.passed[0]?.get(KEY), []);
  });
});

describe("the caller's token behind the gate", () => {
  it('is kept where that was asked for, and shows itself nowhere', () => {
    const call = new GatedCall({ exposeTokens: true }).arrive();
    const [metadata] = call.passed;
    assert.ok(metadata !== undefined);
    const token = tokenOf({ metadata });
    assert.equal(token.reveal(), 'aaa.bbb.ccc');
    assert.ok(!inspect(token).includes('aaa'));
    assert.deepEqual(metadata.get('authorization'), []);
  });

  it('is not there otherwise, nor where nobody called', () => {
    const [without] = new GatedCall().arrive().passed;
    assert.throws(() => tokenOf({ metadata: without ?? new Metadata() }), /exposeTokens/);
    const rules = new Map([['/test.Service/Method', allow.public('x')]]);
    const [open] = new GatedCall({ rules, exposeTokens: true }).arrive().passed;
    assert.throws(() => tokenOf({ metadata: open ?? new Metadata() }), /no caller/);
    assert.throws(() => tokenOf({ metadata: new Metadata() }), /passed no gate/);
  });
});

describe('a call that ends before it was decided', () => {
  it('is neither admitted nor refused, passes nothing later, and leaves no timer', async () => {
    for (const settleIt of ['resolve', 'reject'] as const) {
      const verification = withResolvers<Caller>();
      const call = new GatedCall({
        stream: 'requests',
        ...checkedBy(() => verification.promise),
      }).arrive();
      call.cancel();
      assert.equal(call.timers.pending, 0);
      if (settleIt === 'resolve') verification.resolve(READER);
      else verification.reject(new TokenError('ERR_TOKEN_EXPIRED', 'expired'));
      await settle();
      assert.deepEqual(
        call.events.map(({ gate, status: ending, caller }) => [gate, ending, caller]),
        [['undecided', 'CANCELLED', undefined]],
      );
      assert.equal(call.passed.length, 0);
      assert.equal(call.statuses.length, 0);
      assert.equal(call.timers.pending, 0);
    }
  });

  it('has as its twin a call that was admitted and then cancelled', () => {
    const call = new GatedCall().arrive();
    call.cancel();
    assert.equal(call.events[0]?.gate, 'admitted');
    assert.deepEqual(call.received, ['cancel']);
    // What is over stays over.
    call.deliver();
    call.send();
    assert.deepEqual(call.received, ['cancel']);
    assert.deepEqual(call.sent, ['sent or dropped']);
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
    assert.equal(refused.events[0]?.rule, tokenReasons.expired.rule);
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

  it('when a verification never settles, and a late answer changes nothing', async () => {
    const { promise, resolve } = withResolvers<Caller>();
    const call = new GatedCall(checkedBy(() => promise)).arrive();
    await call.timers.pass(999);
    assert.equal(call.statuses.length, 0);
    await call.timers.pass(1);
    assertRefused(call, status.UNAVAILABLE, 'verification_timeout');
    resolve(READER);
    await settle();
    assertRefused(call, status.UNAVAILABLE, 'verification_timeout');
  });

  it('and does not refuse after the deadline whom it has admitted before', async () => {
    const call = new GatedCall(checkedBy(() => Promise.resolve(READER))).arrive();
    await settle();
    await call.timers.pass(5000);
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

  it('and leaves no timer behind, however a verification ends', async () => {
    for (const verify of [() => Promise.resolve(READER), () => Promise.reject(new Error('boom'))]) {
      const call = new GatedCall(checkedBy(verify)).arrive();
      assert.equal(call.timers.pending, 1);
      await settle();
      assert.equal(call.timers.pending, 0);
    }
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
