import type { Check } from './check.ts';
import type { JsonObject } from './strict-json.ts';

/** A token's header together with the settings its rules depend on. */
export interface HeaderFacts {
  readonly header: JsonObject;
  readonly allowMissingTyp: boolean;
}

/** The one algorithm Entra signs access tokens with. A list from the token would be the attacker's choice. */
export const ALGORITHM = 'RS256';

const TYPE = /^(?:application\/)?(?:jwt|at\+jwt)$/i;
const KEY_ID = /^[\x21-\x7e]{1,128}$/;

/** Headers that bring or point to a key. A token does not choose the key it is checked with (CVE-2018-0114). */
const KEY_HEADERS: readonly string[] = ['jku', 'jwk', 'x5u', 'x5c'];
/** Headers of encryption, compression and unencoded payloads. */
const OTHER_FORMAT_HEADERS: readonly string[] = [
  'b64',
  'zip',
  'enc',
  'epk',
  'apu',
  'apv',
  'p2s',
  'p2c',
  'iv',
  'tag',
];

const hasAny = (header: JsonObject, names: readonly string[]): boolean =>
  names.some((name) => name in header);

/** Rules about the JOSE header, in order. */
export const headerChecks: readonly Check<HeaderFacts>[] = Object.freeze([
  {
    rule: 'H1',
    reason: 'algorithm_not_allowed',
    violates: ({ header }: HeaderFacts) => header['alg'] !== ALGORITHM,
  },
  {
    rule: 'H7',
    reason: 'critical_header',
    violates: ({ header }: HeaderFacts) => 'crit' in header,
  },
  {
    rule: 'H8',
    reason: 'header_of_other_format',
    violates: ({ header }: HeaderFacts) => hasAny(header, OTHER_FORMAT_HEADERS),
  },
  { rule: 'H9', reason: 'nested_token', violates: ({ header }: HeaderFacts) => 'cty' in header },
  {
    rule: 'H6',
    reason: 'header_carries_key',
    violates: ({ header }: HeaderFacts) => hasAny(header, KEY_HEADERS),
  },
  {
    rule: 'H10',
    reason: 'foreign_resource_token',
    violates: ({ header }: HeaderFacts) => 'nonce' in header,
  },
  {
    rule: 'H2b',
    reason: 'type_missing',
    violates: ({ header, allowMissingTyp }: HeaderFacts) =>
      header['typ'] === undefined && !allowMissingTyp,
  },
  {
    rule: 'H2',
    reason: 'type_not_access_token',
    violates: ({ header: { typ } }: HeaderFacts) =>
      typ !== undefined && (typeof typ !== 'string' || !TYPE.test(typ)),
  },
  {
    rule: 'H3',
    reason: 'key_id_malformed',
    violates: ({ header: { kid } }: HeaderFacts) => typeof kid !== 'string' || !KEY_ID.test(kid),
  },
] satisfies Check<HeaderFacts>[]);
