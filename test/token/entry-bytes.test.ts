import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entryBytes } from '#src/token/entry-bytes.ts';
import { appCaller, userCaller } from '../support/callers.ts';

const nobody = entryBytes(appCaller([]));
/** What a text of five letters adds. */
const text = entryBytes(appCaller(['12345'])) - nobody;

describe('what a remembered caller occupies', () => {
  it('starts at what every entry costs, and grows with each text by more than its length', () => {
    assert.equal(nobody, 1024);
    assert.equal(text, 29);
    assert.equal(entryBytes(appCaller(['123456'])) - nobody, text + 1);
  });

  it('counts every list and name that a caller holds', () => {
    const word = '12345';
    assert.equal(entryBytes(appCaller([word, word])) - nobody, 2 * text);
    const groups = { ids: [word, word, word], complete: true };
    assert.equal(entryBytes(appCaller([], { groups })) - nobody, 3 * text);
    assert.equal(entryBytes(appCaller([], { authContexts: [word] })) - nobody, text);
    assert.equal(entryBytes(userCaller([])), nobody);
    assert.equal(entryBytes(userCaller([word])) - nobody, text);
    for (const given of ['name', 'username', 'email']) {
      const display = { name: undefined, username: undefined, email: undefined, [given]: word };
      assert.equal(entryBytes(userCaller([], [], { display })) - nobody, text, given);
    }
  });

  it('4.3 lets 10,000 usual callers fit in the 16 MiB a cache has', () => {
    const roles = ['Orders.Read', 'Orders.ReadWrite.All'];
    assert.ok(10_000 * entryBytes(appCaller(roles)) < 16 * 1024 * 1024);
  });
});
