import type { Buffer } from 'node:buffer';
import { firstViolation } from './check.ts';
import { admitKey, type KeyFault, type SigningKey } from './signing-key.ts';
import {
  type JsonBounds,
  type JsonObject,
  jsonByteChecks,
  jsonFactChecks,
  parseJson,
} from './strict-json.ts';

/** A metadata or key document that must not be used. The message says why; it holds no content of the document. */
export class KeyDocumentError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeyDocumentError';
  }
}

/** Where a key set comes from, and what its documents must say. Nothing in it comes from a token. */
export interface KeyLocation {
  readonly metadataUrl: URL;
  /** Format of the tokens that the keys verify. */
  readonly version: '1.0' | '2.0';
  /** Issuers the metadata may name, literally; with `{tenantid}` where the document serves several tenants. */
  readonly issuers: readonly string[];
  /** Whether the document serves several tenants, so that every key must name its issuer (rule K4b). */
  readonly shared: boolean;
  /** Hosts, with port, that may serve the keys. */
  readonly hosts: readonly string[];
  /** Cloud the metadata must name, if it names one. */
  readonly cloud: string | undefined;
}

/** What is taken from a metadata document. */
export interface Metadata {
  readonly jwksUrl: URL;
  /** Claim `cloud_instance_name` of the document. */
  readonly cloud: string | undefined;
}

/** The keys in force, replaced as a whole. */
export interface KeySet {
  readonly keys: ReadonlyMap<string, SigningKey>;
  readonly location: KeyLocation;
  /** Cloud that the metadata beside the keys name. */
  readonly cloud: string | undefined;
  /** Counts up with every replacement. */
  readonly generation: number;
}

/** A published key that was left out, and why. */
export interface DroppedKey {
  readonly kid: string | undefined;
  readonly fault: KeyFault;
}

export const METADATA_BOUNDS: JsonBounds = Object.freeze({
  maxBytes: 64 * 1024,
  maxDepth: 8,
  maxMembers: 200,
});
export const KEYS_BOUNDS: JsonBounds = Object.freeze({
  maxBytes: 256 * 1024,
  maxDepth: 8,
  maxMembers: 50,
});
const MAX_KEYS = 200;

function parseDocument(bytes: Buffer, bounds: JsonBounds, what: string): JsonObject {
  const fault = firstViolation(jsonByteChecks, { bytes, bounds });
  const facts = fault === undefined ? parseJson({ bytes, bounds }) : undefined;
  if (facts === undefined) {
    throw new KeyDocumentError(`the ${what} is not a JSON object within bounds`);
  }
  const violated = firstViolation(jsonFactChecks, facts);
  if (violated !== undefined) {
    throw new KeyDocumentError(`the ${what} breaks rule ${violated.rule} (${violated.reason})`);
  }
  return facts.object;
}

function jwksUrlOf(value: unknown, hosts: readonly string[]): URL {
  if (typeof value !== 'string' || !URL.canParse(value)) {
    throw new KeyDocumentError('the metadata has no usable jwks_uri');
  }
  const url = new URL(value);
  if (url.protocol !== 'https:') throw new KeyDocumentError('the jwks_uri is not https');
  if (url.username !== '' || url.password !== '') {
    throw new KeyDocumentError('the jwks_uri carries credentials');
  }
  if (!hosts.includes(url.host)) {
    throw new KeyDocumentError('the jwks_uri names a host that does not belong to the authority');
  }
  return url;
}

/**
 * Reads an OpenID metadata document (rule I8).
 *
 * @param bytes - The body as received, at most 64 KiB.
 * @throws {@link KeyDocumentError} unless the document says exactly what this authority's document must say.
 */
export function parseMetadata(bytes: Buffer, location: KeyLocation): Metadata {
  const document = parseDocument(bytes, METADATA_BOUNDS, 'metadata document');
  const { issuer } = document;
  if (typeof issuer !== 'string' || !location.issuers.includes(issuer)) {
    throw new KeyDocumentError('the metadata names another issuer than this authority has');
  }
  const cloud = document['cloud_instance_name'];
  if (cloud !== undefined && typeof cloud !== 'string') {
    throw new KeyDocumentError('the metadata names its cloud with something else than a string');
  }
  if (cloud !== undefined && location.cloud !== undefined && cloud !== location.cloud) {
    throw new KeyDocumentError('the metadata belongs to another cloud');
  }
  return Object.freeze({ jwksUrl: jwksUrlOf(document['jwks_uri'], location.hosts), cloud });
}

function kidOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('kid' in value)) return undefined;
  // For a log line: bounded, and printable whatever was published.
  return typeof value.kid === 'string' ? JSON.stringify(value.kid.slice(0, 64)) : undefined;
}

/** Keys that may be used, and those left out. */
export interface ParsedKeys {
  readonly keys: ReadonlyMap<string, SigningKey>;
  readonly dropped: readonly DroppedKey[];
}

/**
 * Reads a JWK set (rules K2, K2b, K2c). A bad key is left out; the good ones beside it keep working.
 *
 * @param bytes - The body as received, at most 256 KiB.
 * @param previous - Keys in force. One that is published unchanged stays the same object, so that what was verified
 * with it stays verified.
 * @throws {@link KeyDocumentError} when the document is malformed, too large, or holds no usable key.
 */
export function parseKeys(
  bytes: Buffer,
  previous: ReadonlyMap<string, SigningKey> | undefined,
): ParsedKeys {
  return keysOf(parseDocument(bytes, KEYS_BOUNDS, 'key set'), previous);
}

/** A moment in UTC, as `date`, `jq` and `toISOString` write it. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/**
 * Reads a JWK set that somebody saved, by the same rules (K2, K2b, K2c), with the time in member `asOf`.
 *
 * @throws {@link KeyDocumentError} as {@link parseKeys} does, and without a time: how old keys may be is a rule too.
 */
export function parseInitialKeys(bytes: Buffer): ParsedKeys & { readonly asOfMs: number } {
  const document = parseDocument(bytes, KEYS_BOUNDS, 'key set');
  const { asOf } = document;
  const asOfMs = typeof asOf === 'string' && MOMENT.test(asOf) ? Date.parse(asOf) : Number.NaN;
  if (Number.isNaN(asOfMs)) {
    throw new KeyDocumentError('the key set has no member asOf such as "2026-01-31T12:00:00Z"');
  }
  return { ...keysOf(document, undefined), asOfMs };
}

function keysOf(
  { keys: items }: JsonObject,
  previous: ReadonlyMap<string, SigningKey> | undefined,
): ParsedKeys {
  if (!Array.isArray(items)) throw new KeyDocumentError('the key set has no array of keys');
  if (items.length > MAX_KEYS) throw new KeyDocumentError('the key set holds too many keys');
  const keys = new Map<string, SigningKey>();
  const ambiguous = new Set<string>();
  const dropped: DroppedKey[] = [];
  for (const item of items) {
    const admission = admitKey(item);
    if ('fault' in admission) {
      dropped.push({ kid: kidOf(item), fault: admission.fault });
      continue;
    }
    const { key } = admission;
    const twin = keys.get(key.kid);
    // Published twice with the same numbers is clumsy but clear; with others, neither can be told right.
    if (twin !== undefined && twin.fingerprint !== key.fingerprint) ambiguous.add(key.kid);
    const known = previous?.get(key.kid);
    keys.set(key.kid, known?.fingerprint === key.fingerprint ? known : key);
  }
  for (const kid of ambiguous) {
    keys.delete(kid);
    dropped.push({ kid, fault: 'kid_repeated' });
  }
  if (keys.size === 0) throw new KeyDocumentError('the key set holds no usable key');
  return { keys, dropped };
}
