import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

describe('docs/token-rules.md', () => {
  it('is what the sources and tests of today make it, and leaves no rule without a test or a reason', () => {
    const { status, stderr } = spawnSync(process.execPath, ['test/docs/token-rules.mjs'], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('has every rule that a reason code names', () => {
    const page = readFileSync('docs/token-rules.md', 'utf8');
    const source = readFileSync('src/core/token-reason.ts', 'utf8');
    for (const [, rule] of source.matchAll(/rule: '(\w+)'/g)) {
      assert.ok(new RegExp(`^\\| ${rule} +\\|`, 'm').test(page), `rule ${rule} is missing`);
    }
  });
});

/** Constructions that no test tries, and why. */
const UNTRIED: ReadonlyMap<number, string> = new Map([
  [109, 'a stream in progress ends with its connection, not with its token (rule M14)'],
]);

describe('the attack catalogue', () => {
  it('is tried from the first construction to the 110th, but for those with a reason', () => {
    const tried = new Set<number>();
    for (const folder of ['test/attacks', 'test/attacks/catalogue', 'test/token']) {
      for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
        const text = readFileSync(`${folder}/${file}`, 'utf8');
        const uses =
          /\bid: (\d{1,3})\b|\b[a-z1]+\(\s*(\d{1,3}),|\[\s*(\d{1,3}),\s+'|['"`](\d{1,3}) /g;
        for (const match of text.matchAll(uses)) {
          tried.add(Number(match.slice(1).find((group) => group !== undefined)));
        }
      }
    }
    const all = Array.from({ length: 110 }, (_, i) => i + 1);
    assert.deepEqual(
      all.filter((id) => !tried.has(id) && !UNTRIED.has(id)),
      [],
    );
    for (const reason of UNTRIED.values()) assert.ok(reason.length > 20);
  });
});
