import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type OrderStack, startOrderStack } from '../support/order-stack.ts';
import { type RawField, rawCall } from '../support/raw-call.ts';

const METHOD = '/orders.v1.OrdersService/GetOrder';

let stack: OrderStack;
const printed: string[] = [];
before(async () => {
  const log = (...parts: unknown[]) => printed.push(inspect(parts, { depth: 9 }));
  stack = await startOrderStack({ logger: { debug: log, info: log, warn: log, error: log } });
});
after(() => stack[Symbol.asyncDispose]());

interface Arrival {
  readonly id: number;
  readonly name: string;
  readonly fields: (good: string, bad: string) => readonly RawField[];
  /** Reason of the refusal; `undefined`: admitted. */
  readonly reason: string | undefined;
}

const authorization = (value: string | Buffer): RawField => ['authorization', value];
const bytes = (good: string, byte: number): Buffer =>
  Buffer.concat([Buffer.from(`Bearer ${good}`), Buffer.of(byte)]);

const arrivals: readonly Arrival[] = [
  {
    id: 93,
    name: 'a good token first decides',
    fields: (good, bad) => [authorization(`Bearer ${good}`), authorization(`Bearer ${bad}`)],
    reason: undefined,
  },
  {
    id: 93,
    name: 'a bad token first decides',
    fields: (good, bad) => [authorization(`Bearer ${bad}`), authorization(`Bearer ${good}`)],
    reason: 'signature_invalid',
  },
  {
    id: 93,
    name: 'an empty value first decides',
    fields: (good) => [authorization(''), authorization(`Bearer ${good}`)],
    reason: 'authorization_empty',
  },
  {
    id: 94,
    name: 'two tokens in one value',
    fields: (good) => [authorization(`Bearer ${good}, Bearer ${good}`)],
    reason: 'token_characters',
  },
  {
    id: 95,
    name: 'a value of 17 KB',
    fields: (good) => [authorization(`Bearer ${good}${'A'.repeat(17_000)}`)],
    reason: 'token_too_long',
  },
  {
    id: 18,
    name: 'a tab behind the token',
    fields: (good) => [authorization(bytes(good, 9))],
    reason: 'authorization_missing',
  },
  {
    id: 96,
    name: 'a tab within the token',
    fields: (good) => [authorization(`Bearer ${good.slice(0, 40)}\t${good.slice(40)}`)],
    reason: 'authorization_missing',
  },
  {
    id: 96,
    name: 'a byte beyond ASCII',
    fields: (good) => [authorization(bytes(good, 0xff))],
    reason: 'authorization_missing',
  },
  {
    id: 97,
    name: 'a token in authorization-bin',
    fields: (good) => [['authorization-bin', Buffer.from(`Bearer ${good}`).toString('base64')]],
    reason: 'authorization_missing',
  },
  {
    id: 97,
    name: 'a token in the entries of proxies',
    fields: (good) => [
      ['x-forwarded-authorization', `Bearer ${good}`],
      ['x-ms-token-aad-access-token', good],
      ['proxy-authorization', `Bearer ${good}`],
    ],
    reason: 'authorization_missing',
  },
];

async function arrive({ id, fields, reason }: Arrival): Promise<void> {
  const good = await stack.mint();
  const bad = await stack.mint({ signingKey: 'forged' });
  const entered = stack.counters.entered;
  const decoded = stack.counters.decoded;
  await using call = await rawCall(stack, METHOD, fields(good, bad));
  const event = await stack.nextCall();
  await call.ended;
  assert.equal(event.reason, reason);
  const runs = reason === undefined ? 1 : 0;
  assert.equal(stack.counters.entered, entered + runs);
  assert.equal(stack.counters.decoded, decoded + runs);
  const output = printed.join('\n') + inspect(stack.events, { depth: 9 });
  // What grpc-js prints about a value it cannot take is on its way to the log: only then does its absence show anything.
  if (id === 96) assert.match(output, /\[redacted\]/);
  for (const token of [good, bad]) {
    for (const part of token.split('.').slice(1)) {
      for (const piece of [part.slice(0, 24), part.slice(-24)]) {
        assert.ok(!output.includes(piece), 'a part of a token was printed');
      }
    }
  }
}

describe('the attack catalogue: metadata on the wire', () => {
  for (const arrival of arrivals) {
    it(`${arrival.id} ${arrival.name}`, () => arrive(arrival));
  }

  it('95 a value of 66 KB never reaches the gate', async () => {
    const { entered } = stack.counters;
    const events = stack.events.filter(({ event }) => event === 'call').length;
    const value = `Bearer ${'A'.repeat(66_000)}`;
    await using call = await rawCall(stack, METHOD, [authorization(value)]);
    await call.ended;
    assert.equal(stack.counters.entered, entered);
    assert.equal(stack.events.filter(({ event }) => event === 'call').length, events);
  });

  it('97 has an accepted twin: the same token in its place', () =>
    arrive({
      id: 97,
      name: '',
      fields: (good) => [authorization(`Bearer ${good}`)],
      reason: undefined,
    }));
});
