import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { derTags, derTime } from '#src/tls/der.ts';

const time = (text: string): number => {
  const content = Buffer.from(text);
  const tag = text.length === 13 ? derTags.utcTime : derTags.generalizedTime;
  return derTime({ tag, content, encoded: content });
};

describe('a time in DER', () => {
  it('is read in both forms', () => {
    assert.equal(time('261123145500Z'), Date.UTC(2026, 10, 23, 14, 55));
    assert.equal(time('500101000000Z'), Date.UTC(1950, 0, 1));
    assert.equal(time('20500101000000Z'), Date.UTC(2050, 0, 1));
    assert.equal(time('240229000000Z'), Date.UTC(2024, 1, 29));
  });

  it('is refused when the calendar has none such', () => {
    for (const text of [
      '261323145500Z',
      '260230000000Z',
      '250229000000Z',
      '261123240000Z',
      '261123146000Z',
      '2611231455+0Z',
      '26112314550Z',
    ]) {
      assert.throws(() => time(text), RangeError, text);
    }
  });
});
