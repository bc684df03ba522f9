import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';

/**
 * The folder with what clients of an emulator read: its certificate and their secrets. Each file belongs to its
 * owner alone, and is removed when the emulator ends.
 */
export class EmulatorFolder {
  readonly path: string;
  readonly #made: string[] = [];
  readonly #force: boolean;
  readonly #isOwn: boolean;

  /**
   * Makes the folder.
   *
   * @param path - Absent: a new one among the temporary files, which is removed with its content.
   * @param force - Whether files of these names that are there already may be overwritten.
   */
  constructor(path: string | undefined, force: boolean) {
    this.#isOwn = path === undefined;
    this.#force = force;
    if (path === undefined) {
      this.path = mkdtempSync(join(tmpdir(), 'grpc-entra-emulator-'));
      return;
    }
    this.path = path;
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new ConfigError(
        'ERR_FILE_UNREADABLE',
        `the folder "${path}" cannot be made; name another with --dir`,
        { cause },
      );
    }
  }

  /**
   * Writes a file.
   *
   * @returns Its path.
   * @throws ConfigError `ERR_FILE_EXISTS` for one that is in the way.
   */
  write(name: string, content: string): string {
    const file = join(this.path, name);
    try {
      // Removed first, so that the mode is ours and a link is not followed.
      if (this.#force) rmSync(file, { force: true });
      writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
    } catch (cause) {
      throw new ConfigError(
        'ERR_FILE_EXISTS',
        `"${file}" cannot be written or is there already; remove it, or overwrite it with --force`,
        { cause },
      );
    }
    this.#made.push(file);
    return file;
  }

  /** Removes what was written, and the folder if it is its own. */
  remove(): void {
    for (const file of this.#made.splice(0)) rmSync(file, { force: true });
    if (this.#isOwn) rmdirSync(this.path);
  }
}
