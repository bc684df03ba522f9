import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { compareVerifiers, PUBLISHED } from '../support/differential.ts';
import { API_ID, ISSUER, NOW } from '../support/tokens.ts';

const TOKENS = 5000;
const SEED = 20_270_115;

describe('the validator beside jose', () => {
  it(`accepts none of ${TOKENS} generated tokens that jose refuses, and refuses more by rules alone`, async () => {
    const keys = createLocalJWKSet({ keys: PUBLISHED } as JSONWebKeySet);
    const { accepted, onlyWeAccept, onlyWeRefuse } = await compareVerifiers(TOKENS, SEED, {
      jose: (token) =>
        jwtVerify(token, keys, {
          issuer: ISSUER,
          audience: API_ID,
          algorithms: ['RS256'],
          clockTolerance: 60,
          currentDate: new Date(NOW * 1000),
        }),
    });
    assert.deepEqual(onlyWeAccept, { jose: [] });
    // Otherwise the run would show nothing: good tokens are among them, and tokens that only our rules stop.
    assert.ok(accepted > TOKENS / 20, `${accepted} accepted`);
    assert.ok(Object.keys(onlyWeRefuse['jose'] ?? {}).length >= 10);
  });
});
