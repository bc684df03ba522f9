import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { bearerToken } from 'grpc-entra/token';
import { TokenError, type TokenErrorCode } from '#src/core/errors.ts';
import type { TokenReason } from '#src/core/token-reason.ts';

const MAX = 64;
const LONGEST = 'a'.repeat(MAX);

interface Refusal {
  readonly rule: string;
  readonly name: string;
  readonly values: readonly unknown[];
  readonly reason: TokenReason;
  readonly code: TokenErrorCode;
}

const refused = (
  rule: string,
  name: string,
  values: readonly unknown[],
  reason: TokenReason,
  code: TokenErrorCode = 'ERR_TOKEN_MALFORMED',
): Refusal => ({ rule, name, values, reason, code });

const refusals: readonly Refusal[] = [
  refused('M1', 'no entry', [], 'authorization_missing', 'ERR_TOKEN_MISSING'),
  refused('M2', 'two values, both good', ['Bearer a', 'Bearer a'], 'authorization_repeated'),
  refused('M2', 'two values, the first empty', ['', 'Bearer a'], 'authorization_repeated'),
  refused('M3', 'an empty value', [''], 'authorization_empty'),
  refused('M3', 'a scheme alone', ['Bearer'], 'authorization_empty'),
  refused('M3', 'a scheme and a space', ['Bearer '], 'authorization_empty'),
  ...[
    'Basic YQ==',
    'DPoP a',
    'PoP a',
    'MTLS_POP a',
    'Negotiate a',
    'a.b.c',
    'Bearerx a',
    'Bearer1 a',
  ].map((value) => refused('M4', value, [value], 'scheme_not_bearer', 'ERR_TOKEN_MISSING')),
  ...[' Bearer a', 'Bear er a', 'Bearer-a', 'Bearer_a'].map((value) =>
    refused('M4', value, [value], 'scheme_not_bearer', 'ERR_TOKEN_MISSING'),
  ),
  ...['Bearer\ta', 'Bearer,a', 'Bearer:a', 'Bearer\u00a0a'].map((value) =>
    refused('M5', JSON.stringify(value), [value], 'separator_not_space'),
  ),
  ...[
    'Bearer a, Bearer b',
    'Bearer a,b',
    'Bearer a b',
    'Bearer a ',
    'Bearer "a"',
    'Bearer a=',
    'Bearer a+b',
    'Bearer a/b',
    'Bearer a~b',
    'Bearer {"a":1}',
    'Bearer \ta',
    'Bearer a\n',
    'Bearer \u00e4',
  ].map((value) => refused('M6', JSON.stringify(value), [value], 'token_characters')),
  refused('M7', 'a token one byte too long', [`Bearer ${LONGEST}a`], 'token_too_long'),
  refused('M7', 'too long, and not even a token', ['!'.repeat(100_000)], 'token_too_long'),
  refused('M12', 'bytes', [Buffer.from('Bearer a')], 'authorization_binary'),
];

describe('bearerToken', () => {
  for (const { rule, name, values, reason, code } of refusals) {
    it(`${rule} refuses ${name}`, () => {
      assert.throws(
        () => bearerToken(values, MAX),
        (error) => {
          assert.ok(error instanceof TokenError);
          assert.equal(error.reason, reason);
          assert.equal(error.code, code);
          return true;
        },
      );
    });
  }

  it('M4 accepts the scheme in any letter case, and M5 any number of spaces', () => {
    const values = ['Bearer a.b-c_D9', 'bearer a.b-c_D9', 'BEARER   a.b-c_D9', 'Bearer  a.b-c_D9'];
    for (const value of values) {
      assert.equal(bearerToken([value], MAX), 'a.b-c_D9');
    }
  });

  it('M7 accepts a token of the greatest length', () => {
    assert.equal(bearerToken([`Bearer ${LONGEST}`], MAX), LONGEST);
  });
});
