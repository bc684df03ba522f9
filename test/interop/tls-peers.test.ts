import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { TestPki } from '../support/pki.ts';
import { prepareServers, serversInChild } from '../support/servers-in-child.ts';
import { tempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);
const dir = tempDir();
const python = ['/usr/bin/python3', 'test/interop/tls_client.py'] as const;
const go = [dir.file('tls_client')] as const;

let pki: TestPki;
before(async () => {
  pki = await prepareServers(dir);
  const cache = dir.file('go-cache');
  mkdirSync(cache);
  await run('go', ['build', '-o', dir.file('tls_client'), 'test/interop/tls_client.go'], {
    // Debian's packages, and no module proxy.
    env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: cache },
  }).catch((cause: unknown) => {
    throw new Error('hint: apt-get install golang-go golang-google-grpc-dev', { cause });
  });
});
after(() => dir[Symbol.dispose]());

/** What a client in another language makes of a call: the name of the status. */
async function call([command, ...args]: readonly string[], wish: object): Promise<string> {
  const child = run(command ?? '', [...args]);
  child.child.stdin?.end(JSON.stringify(wish));
  const { stdout } = await child;
  return stdout.trim().toUpperCase();
}

for (const [name, command] of [
  ['python3-grpcio', python],
  ['grpc-go', go],
] as const) {
  describe(`${name} and the profile "intermediate"`, () => {
    it('connect without client certificates', async () => {
      await using servers = await serversInChild(dir);
      for (const port of Object.values(servers.ports)) {
        assert.equal(await call(command, { port, caFile: dir.file('ca.pem') }), 'OK');
      }
    });

    it('connect with a client certificate where one is required, and not without', async () => {
      await using servers = await serversInChild(dir, { clientCertificates: 'required' });
      const client = await pki.issue('client');
      const certFile = dir.file('client.pem');
      writeFileSync(certFile, pki.chainOf(client));
      const bare = { caFile: dir.file('ca.pem') };
      const identity = { ...bare, certFile, keyFile: client.keyFile };
      for (const port of Object.values(servers.ports)) {
        assert.equal(await call(command, { port, ...identity }), 'OK');
        assert.equal(await call(command, { port, ...bare }), 'UNAVAILABLE');
      }
    });
  });
}
