// The start and the end of the embedded emulator: milliseconds, because people wait for them in every test run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, median, spreadOf } from './statistics.mjs';

const PROCESSES = 10;
/** Requirement E1. */
const START_LIMIT_MS = 100;

/** One round, in a process of its own: the first start, ten more, and an end with requests in flight. */
const PROGRAM = `
import { request } from 'node:https';
import { startEntraEmulator } from 'grpc-entra/emulator';

const OPTIONS = {
  apis: [{ name: 'orders', identifierUris: ['api://orders'], appRoles: ['Orders.Read'] }],
  apps: [{ name: 'desk', appRoles: { 'api://orders': ['Orders.Read'] } }],
};
const starts = [];
const ends = [];
for (let round = 0; round <= 10; round++) {
  const before = performance.now();
  const emulator = await startEntraEmulator(OPTIONS);
  starts.push(performance.now() - before);
  const { clientId, clientSecret } = emulator.app('desk');
  const body = new URLSearchParams({
    grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret.reveal(),
    scope: 'api://orders/.default',
  }).toString();
  const url = emulator.origin + '/' + emulator.tenantId + '/oauth2/v2.0/token';
  const inFlight = Array.from({ length: 50 }, () => new Promise((resolve) => {
    const asked = request(url, { method: 'POST', ca: emulator.ca, agent: false });
    asked.on('response', (response) => response.resume().on('close', resolve));
    asked.on('error', resolve);
    asked.end(body);
  }));
  await emulator.requests.waitFor('token');
  const end = performance.now();
  await emulator.close();
  ends.push(performance.now() - end);
  await Promise.all(inFlight);
}
process.stdout.write(JSON.stringify({ first: starts[0], later: starts.slice(1), ends }));
`;

function round() {
  const folder = mkdtempSync(join(tmpdir(), 'grpc-entra-bench-'));
  try {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
      encoding: 'utf8',
    });
    return { ...JSON.parse(output), left: readdirSync(folder).length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures, each round in a fresh process. */
export async function measure() {
  const rounds = Array.from({ length: PROCESSES }, round);
  const first = rounds.map((one) => one.first);
  const later = rounds.flatMap((one) => one.later);
  const ends = rounds.flatMap((one) => one.ends);
  const left = rounds.reduce((sum, one) => sum + one.left, 0);
  return [
    atMost('first start of a process, ms, median', median(first), null, spreadOf(first, 'ms')),
    atMost('a later start, ms, median', median(later), START_LIMIT_MS, spreadOf(later, 'ms')),
    atMost('the slowest later start, ms', Math.max(...later), START_LIMIT_MS),
    atMost(
      'an end with 50 requests in flight, ms, median',
      median(ends),
      null,
      spreadOf(ends, 'ms'),
    ),
    atMost('files left behind', left, 0),
  ];
}
