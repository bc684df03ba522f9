import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TokenError } from '#src/core/errors.ts';
import { type TokenReason, tokenReasons } from '#src/core/token-reason.ts';
import { refusalStatus } from '#src/server/status.ts';
import { GatedCall } from '../support/gated-call.ts';

const reasons = Object.keys(tokenReasons) as TokenReason[];

describe('what a refused caller is told', () => {
  it('E2 is one of five answers, whatever the reason', () => {
    const told = new Set<string>();
    for (const reason of reasons) {
      const { details, metadata } = refusalStatus(
        new TokenError(tokenReasons[reason].code, reason),
      );
      told.add(`${details}: ${metadata.get('www-authenticate').join()}`);
    }
    assert.equal(told.size, 5);
  });

  for (const reason of reasons) {
    it(`E4 ${reason}: nothing behind the gate hears of the call`, () => {
      const check = (): never => {
        throw new TokenError(tokenReasons[reason].code, reason);
      };
      const call = new GatedCall({
        validator: { check, maxTokenBytes: 16_384, binding: 'off' },
      }).arrive();
      assert.equal(call.passed.length, 0);
      assert.equal(call.statuses.length, 1);
      assert.equal(call.events[0]?.reason, reason);
      assert.equal(call.events[0]?.rule, tokenReasons[reason].rule);
    });
  }
});
