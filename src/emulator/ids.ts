import { createHash } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { checkGuid, checkString, invalidOption } from '../core/options.ts';

/** A GUID that follows from a text, so that configuration written down once stays right. */
export function guidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The id that was given, checked, or one that follows from the seed. */
export function idOf(where: string, given: string | undefined, seed: string): string {
  return given === undefined
    ? guidFrom(seed)
    : checkGuid(where, given, 'as Entra writes ids, for example from `uuidgen`');
}

/** Checks a list of non-empty strings; absent is empty. */
export function checkNames(where: string, names: readonly string[] | undefined): readonly string[] {
  if (names === undefined) return Object.freeze([]);
  if (!Array.isArray(names)) throw invalidOption(where, 'a list of names', names);
  return Object.freeze(names.map((name, index) => checkString(`${where}[${index}]`, name)));
}

/** Checks that an option is a list, and resolves each of its items; absent is empty. */
export function resolveList<T, R>(
  where: string,
  list: readonly T[] | undefined,
  resolve: (item: T) => R,
): readonly R[] {
  if (list === undefined) return Object.freeze([]);
  if (!Array.isArray(list)) throw invalidOption(where, 'a list', list);
  return Object.freeze((list as readonly T[]).map(resolve));
}

/**
 * Checks that no two registrations share a value.
 *
 * @throws ConfigError naming both.
 */
export function checkUnique(
  what: string,
  entries: readonly { readonly owner: string; readonly value: string }[],
): void {
  const owners = new Map<string, string>();
  for (const { owner, value } of entries) {
    const other = owners.get(value);
    if (other !== undefined) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `emulator: ${owner} and ${other} have the same ${what}; give each its own`,
      );
    }
    owners.set(value, owner);
  }
}

/**
 * Finds a registration by its name.
 *
 * @throws ConfigError listing the names there are.
 */
export function findByName<T extends { readonly name: string }>(
  kind: string,
  list: readonly T[],
  name: string,
): T {
  const found = list.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `the emulator has no ${kind} "${name}"; it has ${list.map((item) => `"${item.name}"`).join(', ') || 'none'}`,
    );
  }
  return found;
}
