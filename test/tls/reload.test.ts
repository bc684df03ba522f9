import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { ConfigError } from '#src/core/errors.ts';
import type { ServerTls, ServerTlsOptions } from '#src/tls/server-tls.ts';
import { watchServerTls } from '#src/tls/watched-tls.ts';
import { type IssuedCertificate, issueCertificate, issueCrl } from '../support/certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fakeTimers } from '../support/fake-timers.ts';
import { recordingLogger, recordingMetrics } from '../support/recorder.ts';
import { tempDir } from '../support/temp-dir.ts';

const DAY = 86_400_000;
const dir = tempDir();
after(() => dir[Symbol.dispose]());

let one: IssuedCertificate;
let two: IssuedCertificate;
before(async () => {
  [one, two] = await Promise.all([issueCertificate(dir), issueCertificate(dir)]);
});

/** A watched pair of files, with time in the test's hands. */
function watched(options: Partial<ServerTlsOptions> = {}) {
  const certFile = dir.file('live.pem');
  const keyFile = dir.file('live.key');
  const put = ({ certFile: cert, keyFile: key }: IssuedCertificate): void => {
    copyFileSync(cert, certFile);
    copyFileSync(key, keyFile);
  };
  put(one);
  const clock = fakeClock();
  // Certificates are made in real time.
  clock.jumpWallClock(Date.now() - clock.now());
  const timers = fakeTimers(clock);
  const { logger, lines } = recordingLogger();
  const recorded = recordingMetrics();
  const applied: ServerTls[] = [];
  let looks = 0;
  const user = {
    apply: (tls: ServerTls) => {
      applied.push(tls);
    },
    looked: () => {
      looks += 1;
    },
  };
  const tls = { certFile, keyFile, clientCertificates: 'none', ...options } as ServerTlsOptions;
  const reloader = watchServerTls('tls', tls, user, {
    clock,
    timers,
    logger,
    metrics: recorded.metrics,
  });
  reloader.start();
  return {
    certFile,
    keyFile,
    put,
    clock,
    timers,
    lines,
    recorded,
    applied,
    reloader,
    looks: () => looks,
  };
}

const serialOf = ({ identity }: ServerTls): string => identity.leaf.serialNumber;

describe('watched files', () => {
  it('are put to use when their content changes, and not before', async () => {
    const world = watched();
    await world.timers.pass(90_000);
    assert.equal(world.applied.length, 0);
    assert.ok(world.looks() >= 3, 'also without change, for what time alone changes');
    const before = serialOf(world.reloader.current);
    world.put(two);
    await world.timers.pass(29_000);
    assert.equal(world.applied.length, 0);
    await world.timers.pass(1_000);
    assert.equal(world.applied.length, 1);
    assert.notEqual(serialOf(world.reloader.current), before);
    assert.equal(
      world.recorded.count('grpc_entra.tls.reloads', { kind: 'server', result: 'reloaded' }),
      1,
    );
    await world.timers.pass(120_000);
    assert.equal(world.applied.length, 1);
  });

  it('are compared by content, so that a swapped link is seen and a touched file is not', async () => {
    const world = watched();
    copyFileSync(one.certFile, world.certFile);
    await world.timers.pass(30_000);
    assert.equal(world.applied.length, 0);
    for (const [file, target] of [
      [world.certFile, two.certFile],
      [world.keyFile, two.keyFile],
    ] as const) {
      symlinkSync(target, `${file}.link`);
      renameSync(`${file}.link`, file);
    }
    await world.timers.pass(30_000);
    assert.equal(world.applied.length, 1);
    rmSync(world.certFile);
    rmSync(world.keyFile);
  });

  it('are read once more a second later when certificate and key do not fit yet', async () => {
    const world = watched();
    copyFileSync(two.certFile, world.certFile);
    await world.timers.pass(30_000);
    copyFileSync(two.keyFile, world.keyFile);
    await world.timers.pass(1_000);
    assert.equal(world.applied.length, 1);
    assert.deepEqual(
      world.lines.filter(({ level }) => level === 'error'),
      [],
      'nobody needs to hear of it',
    );
  });

  const broken: readonly (readonly [string, (world: ReturnType<typeof watched>) => void])[] = [
    ['do not fit', ({ certFile }) => copyFileSync(two.certFile, certFile)],
    ['are garbage', ({ certFile }) => writeFileSync(certFile, 'garbage')],
    ['are empty', ({ keyFile }) => writeFileSync(keyFile, '')],
    ['are gone', ({ keyFile }) => rmSync(keyFile)],
    [
      'are cut off',
      ({ certFile }) => writeFileSync(certFile, two.cert.slice(0, two.cert.length / 2)),
    ],
  ];
  for (const [name, breakFiles] of broken) {
    it(`stay as they were when the new ones ${name}: said once, mended without help`, async () => {
      const world = watched();
      const before = world.reloader.current;
      breakFiles(world);
      await world.timers.pass(300_000);
      assert.equal(world.reloader.current, before);
      const errors = world.lines.filter(({ level }) => level === 'error');
      assert.equal(errors.length, 1);
      assert.match(JSON.stringify(errors[0]?.fields), /live\.(pem|key)/);
      assert.throws(
        () => world.reloader.reload(),
        (error) => error instanceof ConfigError,
      );
      assert.equal(world.reloader.current, before);
      world.put(two);
      await world.timers.pass(30_000);
      assert.equal(serialOf(world.reloader.current), world.applied.map(serialOf).at(-1));
      assert.notEqual(world.reloader.current, before);
    });
  }

  it('are read at once on request', () => {
    const world = watched({ reloadMs: 0 });
    // The one that looks for what ends with time.
    assert.equal(world.timers.pending, 1);
    assert.equal(world.reloader.reload(), 'unchanged');
    world.put(two);
    assert.equal(world.reloader.reload(), 'reloaded');
    assert.ok(world.applied.length > 0);
  });

  it('are left alone once closed', async () => {
    const world = watched();
    world.reloader.close();
    world.put(two);
    await world.timers.pass(90_000);
    assert.equal(world.applied.length, 0);
    assert.equal(world.timers.pending, 0);
  });
});

describe('what nears its end', () => {
  const ends = (world: ReturnType<typeof watched>, what: RegExp): number =>
    world.lines.filter(({ level, message }) => level === 'warn' && what.test(message)).length;

  it('is told of once a day in the last third of a certificate, and as time left always', async () => {
    const world = watched();
    const left = world.recorded.gauge('grpc_entra.tls.certificate.expires_in_seconds', {
      kind: 'server',
    });
    assert.ok(left !== undefined && left > 29 * 86_400 && left < 31 * 86_400);
    assert.equal(ends(world, /nears its end/), 0);
    world.clock.advance(21 * DAY);
    await world.timers.pass(60_000);
    assert.equal(ends(world, /certificate in use nears its end/), 1);
    world.clock.advance(DAY);
    await world.timers.pass(60_000);
    assert.equal(ends(world, /certificate in use nears its end/), 2);
  });

  it('is told of from the middle of a revocation list on', async () => {
    const clientCrl = await issueCrl(one);
    const world = watched({
      clientCertificates: 'required',
      clientCaFile: one.caFile,
      clientCrl,
    } as Partial<ServerTlsOptions>);
    assert.equal(ends(world, /revocation list/), 0);
    world.clock.advance(4 * DAY);
    await world.timers.pass(30_000);
    assert.equal(ends(world, /revocation list in use nears its end/), 1);
  });
});
