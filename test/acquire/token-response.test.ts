import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTokenResponse } from '#src/acquire/token-response.ts';
import { AcquisitionError } from '#src/core/errors.ts';

const NOW = Date.UTC(2027, 0, 15);
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  parseTokenResponse(
    { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) },
    NOW,
  );
const refusal = (run: () => unknown): AcquisitionError => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof AcquisitionError);
    return error;
  }
  assert.fail('nothing was thrown');
};

const good = { token_type: 'Bearer', expires_in: 3599, access_token: 'a.b.c' };

describe('the answer of a token endpoint', () => {
  it('C6 counts expiry from before the request', () => {
    assert.deepEqual(answer(200, good), { token: 'a.b.c', expiresOnTimestamp: NOW + 3_599_000 });
  });

  it('accepts numeric strings and refresh_in', () => {
    assert.deepEqual(answer(200, { ...good, expires_in: '86399', refresh_in: '43199' }), {
      token: 'a.b.c',
      expiresOnTimestamp: NOW + 86_399_000,
      refreshAfterTimestamp: NOW + 43_199_000,
    });
  });

  const malformed: readonly (readonly [string, unknown])[] = [
    ['no JSON', '<html>proxy</html>'],
    ['an array', []],
    ['no token', { ...good, access_token: undefined }],
    ['an empty token', { ...good, access_token: '' }],
    ['a token with a line break', { ...good, access_token: 'a\nb' }],
    ['another token type', { ...good, token_type: 'pop' }],
    ['no lifetime', { ...good, expires_in: undefined }],
    ['a negative lifetime', { ...good, expires_in: -1 }],
    ['an infinite lifetime', '{"token_type":"Bearer","access_token":"a","expires_in":1e400}'],
  ];
  for (const [name, body] of malformed) {
    it(`C12 refuses a 200 with ${name}`, () => {
      assert.equal(refusal(() => answer(200, body)).code, 'ERR_ACQUISITION_UNAVAILABLE');
    });
  }

  it('turns a wrong secret into a refusal with code, trace and a hint', () => {
    const error = refusal(() =>
      answer(401, {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided. Trace ID: x',
        error_codes: [7000215],
        trace_id: '5b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0100',
        correlation_id: '6b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0101',
      }),
    );
    assert.equal(error.code, 'ERR_ACQUISITION_REJECTED');
    assert.equal(error.retryable, false);
    assert.deepEqual(error.details, {
      httpStatus: 401,
      oauthError: 'invalid_client',
      aadsts: 7000215,
      traceId: '5b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0100',
      correlationId: '6b8a3a3e-1f7e-4b8f-9a54-2b4d0a0a0101',
    });
    assert.match(error.message, /AADSTS7000215.*Value, not its Secret ID/);
  });

  it('C12 reads status and Retry-After of a throttled answer in plain text', () => {
    const error = refusal(() => answer(429, 'Too Many Requests', { 'retry-after': '60' }));
    assert.equal(error.retryable, true);
    assert.equal(error.details.retryAfterMs, 60_000);
    const dated = refusal(() =>
      answer(503, '<html>', { 'retry-after': new Date(NOW + 5000).toUTCString() }),
    );
    assert.equal(dated.details.retryAfterMs, 5000);
  });

  it('puts nothing of the body into the message', () => {
    const error = refusal(() => answer(502, '<html>eyJ-looks-like-a-token</html>'));
    assert.doesNotMatch(error.message, /html|eyJ/);
  });

  it('C12 treats a redirect as a refusal', () => {
    const error = refusal(() => answer(302, '', { location: 'https://elsewhere.example/' }));
    assert.match(error.message, /redirects are not followed/);
  });
});
