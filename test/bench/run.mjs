// Measures ratios within one run, against real peers.
//
//   npm run bench                         every group
//   npm run bench -- gate tls             some groups
//   npm run bench -- gate --json FILE     also writes the rows: [{ name, measured, limit, ok }]
//
// Exits with 1 when a row is beyond its limit. The groups are the files beside this one that export `measure`.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const NOT_GROUPS = ['run.mjs', 'contest.mjs', 'statistics.mjs'];

/**
 * One line of a result.
 *
 * @typedef {object} Row
 * @property {string} name What was measured, with its unit.
 * @property {number} measured
 * @property {number | null} limit `null` where a figure is only reported.
 * @property {boolean} ok
 * @property {string} [spread] Quartiles and number of rounds, for the reader.
 */

const groups = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.mjs') && !NOT_GROUPS.includes(file))
  .map((file) => file.replace('.mjs', ''));

let request;
try {
  request = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
  const unknown = request.positionals.filter((name) => !groups.includes(name));
  if (unknown.length > 0) throw new Error(`no group ${unknown.join(', ')}`);
} catch (error) {
  console.error(`error: ${error.message}`);
  console.error(`hint: npm run bench -- [${groups.join(' | ')}] [--json FILE]`);
  process.exit(2);
}

if (!existsSync('test/peers/node_modules')) {
  console.error('error: the peers to measure against are not installed');
  console.error('hint: npm ci --prefix test/peers');
  process.exit(2);
}

const figure = (value) => (value === null ? '' : String(Number(value.toPrecision(3))));

/** @type {Row[]} */
const rows = [];
for (const name of request.positionals.length > 0 ? request.positionals : groups) {
  const { measure } = await import(`./${name}.mjs`);
  console.log(`\n${name}`);
  for (const row of await measure()) {
    rows.push(row);
    const verdict = row.limit === null ? '' : row.ok ? 'ok' : 'BEYOND THE LIMIT';
    const limit = row.limit === null ? '' : `limit ${figure(row.limit)}`;
    console.log(
      `  ${row.name.padEnd(72)} ${figure(row.measured).padStart(8)}  ${limit.padEnd(12)} ${verdict}`,
    );
    if (row.spread !== undefined) console.log(`      ${row.spread}`);
  }
}
if (request.values.json !== undefined) {
  const plain = rows.map(({ name, measured, limit, ok }) => ({ name, measured, limit, ok }));
  writeFileSync(request.values.json, `${JSON.stringify(plain, null, 2)}\n`);
}
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
