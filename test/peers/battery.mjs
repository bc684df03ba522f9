// The battery of token acquisition: the same scenarios against msal-node, @azure/identity and ours, each in a process
// of its own with an emulator of its own, printed as a table (Markdown).
//
//   npm run test:battery                        all rows
//   npm run test:battery -- B3 B18              some
//   npm run test:battery -- --json FILE         also writes what was seen
//
// P is a token request that the authority saw. "Plugged" is @azure/identity as the credential of a channel of ours.
// Needs the peers (npm ci --prefix test/peers --ignore-scripts). Exits with 1 where ours is below what is wanted.
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { outageRows } from './battery/outage-rows.mjs';
import { secretRows } from './battery/secret-rows.mjs';
import { speedRows } from './battery/speed-rows.mjs';
import { CONTESTANTS, makeMaterial, openWorld } from './battery/world.mjs';

const OURS = 'grpc-entra';
/** @azure/identity in a channel of ours. Rows that say `plugged` must hold for it too: the cache is ours there. */
const PLUGGED = 'azure-identity-plugged';
const numberOf = ({ id }) => Number(id.slice(1));
const rows = [...speedRows, ...outageRows, ...secretRows].sort((a, b) => numberOf(a) - numberOf(b));

let request;
try {
  request = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
  const unknown = request.positionals.filter((id) => !rows.some((row) => row.id === id));
  if (unknown.length > 0) throw new Error(`no row ${unknown.join(', ')}`);
} catch (error) {
  console.error(`error: ${error.message}`);
  console.error('hint: npm run test:battery -- [B1 ... B18] [--json FILE]');
  process.exit(2);
}
const missing = CONTESTANTS.filter(({ program }) => !existsSync(program));
if (missing.length > 0 || !existsSync('test/peers/node_modules/@azure/identity')) {
  console.error('error: the peers to measure against are not installed');
  console.error('hint: npm ci --prefix test/peers --ignore-scripts');
  process.exit(2);
}

async function play(row, contestant, material) {
  const world = await openWorld(contestant, material, row.options);
  try {
    return await row.play(world, contestant);
  } finally {
    await world.close();
  }
}

const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
const columns = ['#', 'scenario', ...CONTESTANTS.map(({ name }) => name), 'wanted of ours', 'met'];
line(columns);
line(columns.map(() => '---'));
const material = await makeMaterial();
const results = [];
for (const row of rows) {
  if (request.positionals.length > 0 && !request.positionals.includes(row.id)) continue;
  const facts = new Map();
  for (const contestant of CONTESTANTS) {
    facts.set(contestant.name, await play(row, contestant, material));
  }
  const others = ['msal-node', 'azure-identity'].map((name) => facts.get(name));
  const ok =
    row.holds(facts.get(OURS), others) &&
    (row.plugged !== true || row.holds(facts.get(PLUGGED), others));
  const seen = Object.fromEntries([...facts].map(([name, one]) => [name, row.show(one)]));
  results.push({ id: row.id, scenario: row.scenario, ...seen, wanted: row.wanted, ok });
  line([row.id, row.scenario, ...Object.values(seen), row.wanted, ok ? 'yes' : 'NO']);
}
if (request.values.json !== undefined) {
  writeFileSync(request.values.json, `${JSON.stringify(results, null, 2)}\n`);
}
const below = results.filter(({ ok }) => !ok).map(({ id }) => id);
console.log(
  below.length === 0
    ? `\nours meets what is wanted in ${results.length} of ${results.length} rows`
    : `\nours is below what is wanted in ${below.join(', ')}`,
);
process.exitCode = below.length === 0 ? 0 : 1;
