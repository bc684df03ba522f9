import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, invalidOption } from '../core/options.ts';

/** What a JSON value is to look like. */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'truth' | 'date' }
  | { readonly kind: 'list'; readonly of: Shape }
  /** An object whose names are free. */
  | { readonly kind: 'map'; readonly of: Shape }
  /** One of two: a text, or something else. */
  | { readonly kind: 'text-or'; readonly other: Shape }
  | {
      readonly kind: 'object';
      readonly required: Readonly<Record<string, Shape>>;
      readonly optional: Readonly<Record<string, Shape>>;
    };

const WANTED = {
  text: 'a text without surrounding spaces',
  number: 'a number',
  truth: 'true or false',
  date: 'a time such as "2027-01-31T00:00:00Z"',
} as const;

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.trim() === value;
}

function fits(kind: keyof typeof WANTED, value: unknown): boolean {
  if (kind === 'number') return typeof value === 'number';
  if (kind === 'truth') return typeof value === 'boolean';
  if (kind === 'text') return isText(value);
  return typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value));
}

/** Writes a name behind a path: `.name`, or in brackets where it is no plain word. */
function below(path: string, name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path.endsWith(': ') ? `${path}${name}` : `${path}.${name}`;
}

/** The place itself, where a path names the top of a file. */
const placeOf = (path: string): string => path.replace(/: $/, '');

function checkMembers(
  path: string,
  value: unknown,
  shape: Extract<Shape, { kind: 'object' }>,
): void {
  const { required, optional } = shape;
  checkOptionNames(placeOf(path), value, [...Object.keys(required), ...Object.keys(optional)]);
  const members = value as Readonly<Record<string, unknown>>;
  for (const [name, inner] of Object.entries(required)) {
    if (members[name] === undefined) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${below(path, name)} is missing; ${hint(inner)}`,
      );
    }
  }
  for (const [name, inner] of Object.entries({ ...required, ...optional })) {
    if (members[name] !== undefined) checkShape(below(path, name), members[name], inner);
  }
}

function hint(shape: Shape): string {
  if (shape.kind === 'list') return 'give a list, which may be empty';
  if (shape.kind === 'object' || shape.kind === 'map') return 'give an object';
  return `give ${WANTED[shape.kind === 'text-or' ? 'text' : shape.kind]}`;
}

/**
 * Checks a JSON value against a shape.
 *
 * @param path - Where the value is, for the reader: `emulator.json: apps[1].secrets`.
 * @throws ConfigError naming the path and what was wanted there. Never shows the text that was found: it may be a
 * secret.
 */
export function checkShape(path: string, value: unknown, shape: Shape): void {
  switch (shape.kind) {
    case 'list':
      if (!Array.isArray(value)) throw invalidOption(placeOf(path), 'a list', value);
      for (const [index, item] of value.entries()) checkShape(`${path}[${index}]`, item, shape.of);
      return;
    case 'map':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw invalidOption(placeOf(path), 'an object', value);
      }
      for (const [name, item] of Object.entries(value)) {
        checkShape(below(path, name), item, shape.of);
      }
      return;
    case 'text-or':
      if (typeof value === 'string') checkShape(path, value, { kind: 'text' });
      else checkShape(path, value, shape.other);
      return;
    case 'object':
      checkMembers(path, value, shape);
      return;
    case 'text':
    case 'number':
    case 'truth':
    case 'date':
      if (!fits(shape.kind, value)) throw invalidOption(placeOf(path), WANTED[shape.kind], value);
  }
}
