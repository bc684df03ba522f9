import { ConfigError } from './errors.ts';

/** Number of single-character edits between two names; names here are short, so a full table is cheap. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/**
 * Finds the known name closest to a misspelt one.
 *
 * @returns The nearest name, letter case aside, or `undefined` when none is near enough to be meant.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Writes a value for an error message: its type and, for short plain values, the value itself. */
function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : typeof value;
}

/**
 * Checks that a value is an object with known names only.
 *
 * @param where - What the object is to the reader, for example `createServer options`.
 * @throws {@link ConfigError} `ERR_OPTION_INVALID` when it is no object, `ERR_OPTION_UNKNOWN` for an unknown
 * name, with the closest known one.
 */
export function checkOptionNames(where: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} must be an object with ${known.join(', ')}; found ${describe(value)}`,
    );
  }
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const meant = nearestName(name, known);
    throw new ConfigError(
      'ERR_OPTION_UNKNOWN',
      meant === undefined
        ? `${where}: unknown option "${name}"; known are ${known.join(', ')}`
        : `${where}: unknown option "${name}", did you mean "${meant}"?`,
    );
  }
}

/** Builds the error for an option of the wrong shape. Never shows a string's content: it may be a secret. */
export function invalidOption(where: string, wanted: string, found: unknown): ConfigError {
  return new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} must be ${wanted}; found ${describe(found)}`,
  );
}

/** Checks that an option is a non-empty string without surrounding space. */
export function checkString(where: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value) {
    throw invalidOption(where, 'a non-empty string without surrounding spaces', value);
  }
  return value;
}

/** Checks that an option is a text, and returns it without surrounding space, which files end with. */
export function checkText(where: string, value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw invalidOption(where, 'a text that is not empty', value);
  return text;
}

/**
 * Refuses protections that are there and `undefined`, and two ways of saying one thing. Neither may be taken for "none": a
 * variable that is not set must not switch a check off.
 *
 * @param protections - Names that must have a value where they stand.
 * @param alternatives - Pairs of which one may be given.
 * @throws ConfigError `ERR_OPTION_INVALID`
 */
export function checkGiven(
  where: string,
  options: object,
  protections: readonly string[],
  alternatives: readonly (readonly [string, string])[],
): void {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of protections) {
    if (!(name in given) || given[name] !== undefined) continue;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where}.${name} is undefined; leave it out if there is to be none, or is a variable not set?`,
    );
  }
  for (const [one, other] of alternatives) {
    if (!(one in given && other in given)) continue;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where}.${one} and ${where}.${other} are both given; keep one of them`,
    );
  }
}

/** Checks that an option is a whole number within bounds, or absent, in which case the default holds. */
export function checkInteger(
  where: string,
  value: unknown,
  bounds: {
    readonly min: number;
    readonly max: number;
    readonly default: number;
  },
): number {
  if (value === undefined) return bounds.default;
  if (
    typeof value !== 'number' ||
    !Number.isInteger(value) ||
    value < bounds.min ||
    value > bounds.max
  ) {
    throw invalidOption(where, `a whole number from ${bounds.min} to ${bounds.max}`, value);
  }
  return value;
}

/** Checks that an option is a boolean, or absent, in which case the default holds. */
export function checkBoolean(where: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalidOption(where, 'true or false', value);
  return value;
}

/** Checks that an option is one of a few words. */
export function checkChoice<T extends string>(
  where: string,
  value: unknown,
  choices: readonly T[],
  fallback?: T,
): T {
  if (value === undefined && fallback !== undefined) return fallback;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const meant = typeof value === 'string' ? nearestName(value, choices) : undefined;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} must be one of ${choices.map((word) => `"${word}"`).join(', ')}; found ${
      typeof value === 'string' ? `"${value}"` : describe(value)
    }${meant === undefined ? '' : `, did you mean "${meant}"?`}`,
  );
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL_GUID = '00000000-0000-0000-0000-000000000000';

/** Whether a value is a GUID in the lower-case form Entra writes, and not the nil GUID. */
export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && GUID.test(value) && value !== NIL_GUID;
}

/**
 * Checks that an option is a GUID. Upper case is accepted and lowered: portals and scripts print both.
 *
 * @param hint - Where the reader finds the right value.
 */
export function checkGuid(where: string, value: unknown, hint: string): string {
  const lowered = typeof value === 'string' ? value.toLowerCase() : value;
  if (!isGuid(lowered)) throw invalidOption(where, `a GUID (${hint})`, value);
  return lowered;
}

/**
 * Checks a list of functions.
 *
 * @returns A frozen copy; empty when left out.
 * @throws ConfigError `ERR_OPTION_INVALID`
 */
export function checkFunctions<T>(
  option: string,
  functions: readonly T[] | undefined,
): readonly T[] {
  if (functions === undefined) return [];
  if (!Array.isArray(functions) || functions.some((item) => typeof item !== 'function')) {
    throw invalidOption(option, 'a list of functions', functions);
  }
  return Object.freeze([...functions]);
}
