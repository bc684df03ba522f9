import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { replaceFile, type TestPki, testPki } from './pki.ts';
import type { TempDir } from './temp-dir.ts';

/** Ports of our server and of a host's server with our credentials. */
export interface ServersInChild extends AsyncDisposable {
  readonly ports: Readonly<Record<'own' | 'host', number>>;
}

/** How the child process differs from this one. */
export interface ChildWish {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly clientCertificates?: 'none' | 'required';
}

/** Makes the files the servers need: ca.pem, server.pem and server.key. */
export async function prepareServers(dir: TempDir): Promise<TestPki> {
  const pki = await testPki(dir);
  const certificate = await pki.issue('server');
  writeFileSync(dir.file('server.pem'), pki.chainOf(certificate));
  replaceFile(dir.file('server.key'), readFileSync(certificate.keyFile, 'utf8'));
  writeFileSync(dir.file('ca.pem'), pki.ca);
  return pki;
}

/** Starts both servers in a process of their own, with the files of {@link prepareServers}. */
export async function serversInChild(dir: TempDir, wish: ChildWish = {}): Promise<ServersInChild> {
  const { flags = [], env = {}, clientCertificates = 'none' } = wish;
  const program = 'dist-test/support/programs/tls-servers.js';
  const child = spawn(process.execPath, [...flags, program, dir.path, clientCertificates], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => [`it ended: ${complaint}`]),
  ])) as [unknown];
  return {
    ports: JSON.parse(String(line)) as ServersInChild['ports'],
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
