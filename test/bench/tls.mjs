// What our own TLS listener costs: server CPU per unary call and per MiB streamed, against grpc-js's own listener with the
// same policy and certificate.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { createDevelopmentCertificates } from '#src/tls/dev-ca.ts';
import { compete, repeat, withServer } from './contest.mjs';
import { atMost, median, spreadOf } from './statistics.mjs';

const PROGRAM = new URL('./programs/listening.mjs', import.meta.url);
const same = (bytes) => bytes;
const MIB_EACH = 16;
const REQUEST = Buffer.alloc(100);

const kinds = {
  'unary call': {
    unit: 'us',
    warmUp: 2000,
    count: 6000,
    concurrency: 32,
    once: (client) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest('/bench.Bytes/Echo', same, same, REQUEST, (error) =>
          error === null ? resolve() : reject(error),
        );
      }),
  },
  'MiB streamed': {
    unit: 'us',
    warmUp: 2,
    count: 8,
    concurrency: 1,
    per: MIB_EACH,
    once: (client) =>
      new Promise((resolve, reject) => {
        // A chunk is 64 KiB.
        const request = Buffer.alloc(MIB_EACH * 16);
        const call = client.makeServerStreamRequest('/bench.Bytes/Pour', same, same, request);
        call.on('data', () => {});
        call.on('error', reject);
        call.on('end', resolve);
      }),
  },
};

function sample({ server, kind }, { settings, ca }) {
  const { warmUp, count, concurrency, per = 1, once } = kinds[kind];
  return withServer(PROGRAM, { name: server, settings }, async (port, cpuMicros) => {
    const client = new Client(`localhost:${port}`, credentials.createSsl(ca));
    await repeat(warmUp, concurrency, () => once(client));
    const before = await cpuMicros();
    await repeat(count, concurrency, () => once(client));
    const after = await cpuMicros();
    client.close();
    return (after - before) / (count * per);
  });
}

/** @returns {Promise<import('./run.mjs').Row[]>} */
export async function measure() {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const files = await createDevelopmentCertificates({ directory });
  const world = {
    ca: readFileSync(files.caFile),
    settings: { certFile: files.serverCertFile, keyFile: files.serverKeyFile },
  };
  const contestants = Object.keys(kinds).flatMap((kind) =>
    ['builtIn', 'own'].map((server) => ({ name: `${server}, ${kind}`, server, kind })),
  );
  const samples = await compete(contestants, (contestant) => sample(contestant, world)).finally(
    () => rmSync(directory, { recursive: true, force: true }),
  );
  return Object.entries(kinds).flatMap(([kind, { unit }]) => {
    const [theirs, ours] = ['builtIn', 'own'].map((server) => samples.get(`${server}, ${kind}`));
    return [
      atMost(
        `grpc-js's listener, CPU per ${kind}, ${unit}`,
        median(theirs),
        null,
        spreadOf(theirs, unit),
      ),
      atMost(`own listener, CPU per ${kind}, ${unit}`, median(ours), null, spreadOf(ours, unit)),
      atMost(
        `own listener against grpc-js's, ${kind}: ratio of medians`,
        median(ours) / median(theirs),
        1.05,
      ),
      atMost(
        `own listener against grpc-js's, ${kind}: ratio of minima`,
        Math.min(...ours) / Math.min(...theirs),
        null,
      ),
    ];
  });
}
