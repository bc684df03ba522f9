import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { ErrorDetail } from '#src/core/error-details.ts';
import { decodeStatusDetails, encodeStatusDetails } from '#src/core/error-details-codec.ts';

const every: readonly ErrorDetail[] = [
  {
    type: 'ErrorInfo',
    reason: 'STOCK_EMPTY',
    domain: 'orders.example.com',
    metadata: { sku: 'tea' },
  },
  { type: 'RetryInfo', retryDelayMs: 1500.25 },
  { type: 'RetryInfo', retryDelayMs: -1 },
  {
    type: 'BadRequest',
    fieldViolations: [
      { field: 'lines[0].sku', description: 'is empty', reason: 'EMPTY' },
      { field: 'total', description: 'ü', reason: '' },
    ],
  },
  { type: 'PreconditionFailure', violations: [{ type: 'TOS', subject: 's', description: 'd' }] },
  { type: 'QuotaFailure', violations: [{ subject: 's', description: 'd' }] },
  { type: 'RequestInfo', requestId: 'id', servingData: '' },
  { type: 'ResourceInfo', resourceType: 't', resourceName: 'n', owner: 'o', description: 'd' },
  { type: 'Help', links: [{ description: 'd', url: 'https://example.com/' }] },
  { type: 'LocalizedMessage', locale: 'de-AT', message: 'Jänner' },
  { type: 'Other', typeUrl: 'type.googleapis.com/x.Y', value: new Uint8Array([1, 2, 3]) },
];

describe('details of errors', () => {
  for (const detail of every) {
    it(`${detail.type} comes back as it went`, () => {
      assert.deepEqual(decodeStatusDetails(encodeStatusDetails(5, 'text', [detail])), [detail]);
    });
  }

  it('are written as google.rpc.Status', () => {
    const info: ErrorDetail = { type: 'ErrorInfo', reason: 'R', domain: 'D', metadata: { a: 'b' } };
    const any = Buffer.concat([
      Buffer.of(0x0a, 40),
      Buffer.from('type.googleapis.com/google.rpc.ErrorInfo'),
      Buffer.from('120e0a01521201441a060a01611201 62'.replace(' ', ''), 'hex'),
    ]);
    assert.deepEqual(
      Buffer.from(encodeStatusDetails(5, 'no', [info])),
      Buffer.concat([
        Buffer.from('08051202', 'hex'),
        Buffer.from('no'),
        Buffer.of(0x1a, any.length),
        any,
      ]),
    );
  });

  it('keep their order, and what is unknown inside them is skipped', () => {
    const bytes = Buffer.concat([
      Buffer.from(encodeStatusDetails(5, 'text', every)),
      // Field 15 of the status, as a later version might have.
      Buffer.from('7a0161', 'hex'),
    ]);
    assert.deepEqual(decodeStatusDetails(bytes), every);
  });

  it('are none in bytes that are no status', () => {
    const whole = Buffer.from(encodeStatusDetails(5, 'text', every));
    for (let length = 1; length < whole.length; length += 7) {
      assert.ok(Array.isArray(decodeStatusDetails(whole.subarray(0, length))));
    }
    assert.deepEqual(decodeStatusDetails(Buffer.from('1affffffff0f', 'hex')), []);
    assert.deepEqual(decodeStatusDetails(Buffer.alloc(0)), []);
  });

  it('reach no prototype', () => {
    const metadata = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    const detail: ErrorDetail = { type: 'ErrorInfo', reason: 'R', domain: 'D', metadata };
    const [back] = decodeStatusDetails(encodeStatusDetails(5, '', [detail]));
    assert.ok(back?.type === 'ErrorInfo');
    assert.deepEqual(Object.keys(back.metadata ?? {}), ['__proto__']);
    assert.equal(Object.getPrototypeOf(back.metadata), Object.prototype);
  });
});
