import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';
import { checkString } from '../core/options.ts';
import { type DroppedKey, KeyDocumentError, parseInitialKeys } from './key-set.ts';
import type { SigningKey } from './signing-key.ts';

/** Keys from a file, for a start while the authority is down. */
export interface InitialKeys {
  readonly keys: ReadonlyMap<string, SigningKey>;
  readonly dropped: readonly DroppedKey[];
  /** When they were published, by the wall clock: they age from then on. */
  readonly asOfMs: number;
}

/** How far ahead the clock of the machine that wrote the file may be. */
const TOLERANCE_MS = 5 * 60_000;

function read(where: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `${where} "${file}" cannot be read; save the key set of the authority there, or leave the option out`,
      { cause },
    );
  }
}

/**
 * Loads the keys that serve until the authority has answered.
 *
 * @param value - Path of a JSON Web Key set that has, beside `keys`, the time of its publication in `asOf`.
 * @throws {@link ConfigError} for a file that cannot be read, or is no such set, or comes from the future.
 */
export function loadInitialKeys(
  where: string,
  value: unknown,
  nowMs: number,
): InitialKeys | undefined {
  if (value === undefined) return undefined;
  const file = checkString(where, value);
  const bytes = read(where, file);
  let initial: InitialKeys;
  try {
    initial = parseInitialKeys(bytes);
  } catch (cause) {
    if (!(cause instanceof KeyDocumentError)) throw cause;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} "${file}" cannot be used: ${cause.message}; write it with ` +
        `curl <jwks_uri> | jq '. + {asOf: (now | todate)}'`,
      { cause },
    );
  }
  if (initial.asOfMs <= nowMs + TOLERANCE_MS) return initial;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} "${file}" says asOf a time in the future; check the clocks of this machine and of the one that wrote it`,
  );
}
