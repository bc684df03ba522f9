import { type Buffer, isUtf8 } from 'node:buffer';
import type { Check } from './check.ts';

/** A JSON object without a prototype, so that a polluted `Object.prototype` lends it no members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How much a document may hold. */
export interface JsonBounds {
  /** Longest document, bytes. */
  readonly maxBytes: number;
  /** Deepest nesting; the outermost object is level 1. */
  readonly maxDepth: number;
  /** Most members of the outermost object. */
  readonly maxMembers: number;
}

/** Bytes that claim to be a JSON document. */
export interface JsonBytes {
  readonly bytes: Buffer;
  readonly bounds: JsonBounds;
}

/** What the rules ask of a parsed document. */
export interface JsonFacts {
  readonly object: JsonObject;
  readonly bounds: JsonBounds;
  /** Members written in the text, at all levels. */
  readonly membersWritten: number;
  /** Members that survived parsing, at all levels: fewer when a name was repeated. */
  readonly membersKept: number;
  /** Members of the outermost object. */
  readonly membersOutermost: number;
  /** Deepest nesting found; counting stops one level beyond the bound. */
  readonly depth: number;
  /** Whether a name at any level is one that reaches a prototype. */
  readonly touchesPrototype: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Finds the quote that ends a string of a valid document. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  for (;;) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    // An even number of backslashes escape each other and leave the quote alone.
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
}

/** Counts the members of a valid document: the colons outside strings. */
function countMembers(text: string): number {
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) i = endOfString(text, i);
    else if (character === COLON) members++;
  }
  return members;
}

const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

interface Walk {
  members: number;
  outermost: number;
  depth: number;
  touchesPrototype: boolean;
}

function walk(value: unknown, depth: number, maxDepth: number, seen: Walk): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > seen.depth) seen.depth = depth;
  if (depth > maxDepth) return;
  if (Array.isArray(value)) {
    for (const item of value) walk(item, depth + 1, maxDepth, seen);
    return;
  }
  const object = value as JsonObject;
  // Names alone: pairs of name and value cost as much as parsing did.
  for (const name of Object.keys(object)) {
    seen.members++;
    if (depth === 1) seen.outermost++;
    if (PROTOTYPE_NAMES.has(name)) seen.touchesPrototype = true;
    walk(object[name], depth + 1, maxDepth, seen);
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses bytes that passed {@link jsonByteChecks} and gathers what {@link jsonFactChecks} ask for.
 *
 * `JSON.parse` keeps the last of several members with one name, so a document whose text holds more members than the
 * parsed tree repeats a name, however the name is spelled with escapes.
 *
 * @returns `undefined` when the text is not a JSON object (rule S4). A byte order mark is not JSON.
 */
export function parseJson(document: JsonBytes): JsonFacts | undefined {
  const text = document.bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isPlainObject(value)) return undefined;
  const seen: Walk = { members: 0, outermost: 0, depth: 0, touchesPrototype: false };
  walk(value, 1, document.bounds.maxDepth, seen);
  return {
    object: Object.setPrototypeOf(value, null),
    bounds: document.bounds,
    membersWritten: countMembers(text),
    membersKept: seen.members,
    membersOutermost: seen.outermost,
    depth: seen.depth,
    touchesPrototype: seen.touchesPrototype,
  };
}

/** Rules about bytes, before they are parsed. */
export const jsonByteChecks: readonly Check<JsonBytes>[] = Object.freeze([
  {
    rule: 'S7',
    reason: 'bounds_exceeded',
    violates: ({ bytes, bounds }: JsonBytes) => bytes.length > bounds.maxBytes,
  },
  { rule: 'S3', reason: 'not_utf8', violates: ({ bytes }: JsonBytes) => !isUtf8(bytes) },
] satisfies Check<JsonBytes>[]);

/** Rules about a parsed document. */
export const jsonFactChecks: readonly Check<JsonFacts>[] = Object.freeze([
  {
    rule: 'S7',
    reason: 'bounds_exceeded',
    violates: ({ depth, bounds }: JsonFacts) => depth > bounds.maxDepth,
  },
  {
    rule: 'S7',
    reason: 'bounds_exceeded',
    violates: ({ membersOutermost, bounds }: JsonFacts) => membersOutermost > bounds.maxMembers,
  },
  {
    rule: 'S5',
    reason: 'duplicate_member',
    violates: ({ membersWritten, membersKept }: JsonFacts) => membersWritten !== membersKept,
  },
  {
    rule: 'S6',
    reason: 'forbidden_member',
    violates: ({ touchesPrototype }: JsonFacts) => touchesPrototype,
  },
] satisfies Check<JsonFacts>[]);
