import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzAuthorization, fuzzDocuments, heapUsed } from '../support/fuzz.ts';

/** `npm run test:fuzz` sets this, for a run of minutes in place of seconds. */
const FACTOR = Number(process.env['FUZZ_FACTOR'] ?? 1);
const VALUES = 20_000 * FACTOR;
const DOCUMENTS = 2000 * FACTOR;
const SEED = 20_270_115;
/** What a run may leave behind, whatever its length. */
const MEMORY = 48 * 1024 * 1024;

describe('random input', () => {
  it(`is refused ${VALUES} times as authorization, without another error, a request or a leak`, async () => {
    await fuzzAuthorization(1000, SEED);
    const before = heapUsed();
    assert.equal(await fuzzAuthorization(VALUES, SEED + 1), 0);
    const grown = heapUsed() - before;
    assert.ok(grown < MEMORY, `${grown} bytes stayed`);
  });

  it(`is read ${DOCUMENTS} times as documents: refused, or taken for what it is`, () => {
    fuzzDocuments(200, SEED);
    const before = heapUsed();
    const passed = fuzzDocuments(DOCUMENTS, SEED + 1);
    // Otherwise the run would show nothing about documents that pass.
    assert.ok(passed > DOCUMENTS / 50 && passed < DOCUMENTS, `${passed} passed`);
    const grown = heapUsed() - before;
    assert.ok(grown < MEMORY, `${grown} bytes stayed`);
  });
});
