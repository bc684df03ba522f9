import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDefaultScope } from '#src/acquire/scope.ts';

describe('the scope of a client-credentials request', () => {
  for (const scope of [
    'api://orders/.default',
    'https://orders.example.com/.default',
    'https://orders.example.com//.default',
    '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13/.default',
  ]) {
    it(`accepts ${scope}`, () => {
      assert.equal(checkDefaultScope('scope', scope), scope);
    });
  }

  const bad: readonly (readonly [unknown, RegExp])[] = [
    ['api://orders/Orders.Read', /write "api:\/\/orders\/\.default"/],
    ['api://orders', /write "api:\/\/orders\/\.default"/],
    ['api://orders/', /write "api:\/\/orders\/\.default"/],
    ['/.default', /does not end/],
    ['api://a/.default api://b/.default', /several scopes/],
    ['', /non-empty string/],
    [undefined, /non-empty string/],
  ];
  for (const [scope, message] of bad) {
    it(`explains what is wrong with ${JSON.stringify(scope) ?? 'no scope'}`, () => {
      assert.throws(() => checkDefaultScope('scope', scope), {
        code: 'ERR_OPTION_INVALID',
        message,
      });
    });
  }
});
