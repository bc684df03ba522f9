import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../core/errors.ts';

const POLL_MS = 25;
const PATIENCE_MS = 30_000;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  // A run that was killed leaves its lock behind. An empty file is one that is being written.
  if (owner > 0 && !isRunning(owner)) await rm(file, { force: true });
  return false;
}

/**
 * Runs one task at a time in a folder, across processes: the index of an openssl CA takes one writer.
 *
 * @throws ConfigError `ERR_FILE_EXISTS` when another run holds the folder for half a minute.
 */
export async function withFolderLock<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const file = join(folder, '.lock');
  const patience = performance.now() + PATIENCE_MS;
  while (!(await tryLock(file))) {
    if (performance.now() > patience) {
      throw new ConfigError(
        'ERR_FILE_EXISTS',
        `"${file}" says that another run is at work; if there is none, remove the file`,
      );
    }
    await delay(POLL_MS);
  }
  try {
    return await task();
  } finally {
    await rm(file, { force: true });
  }
}
