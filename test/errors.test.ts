import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

/** Every code in the closed unions of src/core/errors.ts. */
function codes(): readonly string[] {
  const source = readFileSync('src/core/errors.ts', 'utf8');
  return [...new Set([...source.matchAll(/'(ERR_[A-Z_]+)'/g)].map((match) => match[1] ?? ''))];
}

function testSources(): string {
  return readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        file.endsWith('.ts') && !file.endsWith('errors.test.ts') && !file.includes('node_modules'),
    )
    .map((file) => readFileSync(`test/${file}`, 'utf8'))
    .join('\n');
}

describe('error codes', () => {
  it('are each raised by some test', () => {
    const tests = testSources();
    assert.deepEqual(
      codes().filter((code) => !tests.includes(code)),
      [],
    );
  });

  it('have one row each in docs/errors.md, which has no other rows', () => {
    const rows = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(ERR_[A-Z_]+)` +\|/gm)];
    assert.deepEqual(new Set(rows.map((row) => row[1])), new Set(codes()));
  });
});
