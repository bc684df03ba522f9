import { readFile } from 'node:fs/promises';
import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, checkString, invalidOption } from '../core/options.ts';
import { Secret } from '../core/secret.ts';

/**
 * A secret: the text itself, a file that holds it, or a function that fetches it. Files and functions are asked
 * anew for each token request (about once an hour), so a rotated secret is picked up without a restart.
 */
export type SecretSource =
  | string
  | Secret
  | { readonly fromFile: string }
  | (() => string | Promise<string>);

/** Reads a secret at the time of use. */
export type SecretReader = () => Promise<Secret>;

async function readSecretFile(where: string, file: string): Promise<Secret> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `${where}.fromFile "${file}" cannot be read; check that the file exists and that this user may read it`,
      { cause },
    );
  }
  // Editors and `echo` end a file with a newline that is not part of the secret.
  const value = text.replace(/\r?\n$/, '');
  if (value === '') {
    throw new ConfigError('ERR_FILE_UNREADABLE', `${where}.fromFile "${file}" is empty`);
  }
  return new Secret(value);
}

/**
 * Checks a secret's source once and returns what reads it.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` at once for a wrong shape, `ERR_FILE_UNREADABLE` at the time of use.
 */
export function secretReader(where: string, source: SecretSource): SecretReader {
  if (typeof source === 'function') {
    return async () => new Secret(checkString(where, await source()));
  }
  if (source instanceof Secret) return () => Promise.resolve(source);
  if (typeof source === 'string') {
    const secret = new Secret(checkString(where, source));
    return () => Promise.resolve(secret);
  }
  if (typeof source === 'object' && source !== null) {
    checkOptionNames(where, source, ['fromFile']);
    const file = checkString(`${where}.fromFile`, source.fromFile);
    return () => readSecretFile(where, file);
  }
  throw invalidOption(where, 'a string, { fromFile } or a function', source);
}
