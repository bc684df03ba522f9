import { Buffer } from 'node:buffer';
import { type Check, refusal, runChecks } from './check.ts';
import {
  type JsonBounds,
  type JsonBytes,
  type JsonFacts,
  type JsonObject,
  jsonByteChecks,
  jsonFactChecks,
  parseJson,
} from './strict-json.ts';

/** The three parts of a compact JWS, as text. */
export interface CompactToken {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** What the signature covers: header, dot and payload. */
  readonly signingInput: string;
}

/** One base64url segment and what it decodes to. */
export interface Segment {
  readonly text: string;
  readonly bytes: Buffer;
}

/** Rules about the shape of a token, each removable so that a test can show its weight. */
export interface StructureChecks {
  readonly segment: readonly Check<Segment>[];
  readonly jsonBytes: readonly Check<JsonBytes>[];
  readonly json: readonly Check<JsonFacts>[];
  readonly claimNames: readonly Check<JsonObject>[];
}

const HEADER_BOUNDS: JsonBounds = Object.freeze({ maxBytes: 1024, maxDepth: 8, maxMembers: 200 });
const PAYLOAD_BOUNDS: JsonBounds = Object.freeze({
  maxBytes: 12 * 1024,
  maxDepth: 8,
  maxMembers: 200,
});

/**
 * Splits a token at its dots. Bounded searches, never `split`: kilobytes of dots must cost nothing (CVE-2025-30204).
 *
 * @throws {@link TokenError} unless there are exactly three segments, none of them empty (rule S1).
 */
export function splitToken(token: string): CompactToken {
  const first = token.indexOf('.');
  if (first === -1) throw refusal('opaque_token');
  const second = token.indexOf('.', first + 1);
  const third = second === -1 ? -1 : token.indexOf('.', second + 1);
  if (third !== -1) {
    const fourth = token.indexOf('.', third + 1);
    const encrypted = fourth !== -1 && !token.includes('.', fourth + 1);
    throw refusal(encrypted ? 'encrypted_token' : 'segment_count');
  }
  if (first === 0 || second <= first + 1 || second === token.length - 1) {
    throw refusal('segment_count');
  }
  return {
    header: token.slice(0, first),
    payload: token.slice(first + 1, second),
    signature: token.slice(second + 1),
    signingInput: token.slice(0, second),
  };
}

/** Claims that decide something. A second spelling of one could be read by another component (rule S5b). */
const DECISIVE_CLAIMS: ReadonlySet<string> = new Set([
  'aud',
  'iss',
  'exp',
  'nbf',
  'iat',
  'tid',
  'oid',
  'sub',
  'ver',
  'azp',
  'appid',
  'azpacr',
  'appidacr',
  'roles',
  'scp',
  'idtyp',
  'cnf',
  'tfp',
  'acr',
]);

function spellsDecisiveClaimTwice(claims: JsonObject): boolean {
  let others: Set<string> | undefined;
  for (const name in claims) {
    const lower = name.toLowerCase();
    // Entra's own spelling is lower case throughout, and no name stands there twice (S5).
    if (lower === name || !DECISIVE_CLAIMS.has(lower)) continue;
    others ??= new Set();
    if (lower in claims || others.has(lower)) return true;
    others.add(lower);
  }
  return false;
}

/** Every rule about shape, in order. */
export const structureChecks: StructureChecks = Object.freeze({
  segment: Object.freeze([
    {
      rule: 'S2',
      reason: 'base64url_not_canonical',
      // Only the canonical spelling survives the round trip: no padding, no space, no stray low bits.
      violates: ({ text, bytes }: Segment) => bytes.toString('base64url') !== text,
    },
  ] satisfies Check<Segment>[]),
  jsonBytes: jsonByteChecks,
  json: jsonFactChecks,
  claimNames: Object.freeze([
    { rule: 'S5b', reason: 'ambiguous_member', violates: spellsDecisiveClaimTwice },
  ] satisfies Check<JsonObject>[]),
});

/** Decodes one segment. @throws {@link TokenError} unless it is canonical base64url (rule S2). */
export function decodeSegment(text: string, checks: StructureChecks): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  runChecks(checks.segment, { text, bytes });
  return bytes;
}

function decodeObject(text: string, bounds: JsonBounds, checks: StructureChecks): JsonObject {
  const document = { bytes: decodeSegment(text, checks), bounds };
  runChecks(checks.jsonBytes, document);
  const facts = parseJson(document);
  if (facts === undefined) throw refusal('not_a_json_object');
  runChecks(checks.json, facts);
  return facts.object;
}

/** Reads the header segment. @throws {@link TokenError} for any breach of rules S2 to S7. */
export function decodeHeader(text: string, checks: StructureChecks): JsonObject {
  return decodeObject(text, HEADER_BOUNDS, checks);
}

/** Reads the payload segment. @throws {@link TokenError} for any breach of rules S2 to S7. */
export function decodePayload(text: string, checks: StructureChecks): JsonObject {
  const claims = decodeObject(text, PAYLOAD_BOUNDS, checks);
  runChecks(checks.claimNames, claims);
  return claims;
}
