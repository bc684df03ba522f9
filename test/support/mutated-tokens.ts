import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';
import {
  API_ID,
  APP_CLAIMS,
  base64url,
  type Claims,
  ISSUER,
  NOW,
  signParts,
  type TestKey,
  testKey,
  USER_CLAIMS,
} from './tokens.ts';

/** A token and what was done to it. */
export interface MutatedToken {
  readonly token: string;
  readonly how: string;
}

const KEYS: readonly TestKey[] = ['published', 'second', 'attacker'].map(testKey);

/** Values by which verifiers of the past were confused. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  NOW,
  NOW + 3600,
  NOW - 3600,
  2 ** 53,
  '',
  ' ',
  'x',
  String(NOW),
  API_ID,
  API_ID.toUpperCase(),
  [API_ID],
  [API_ID, 'x'],
  ISSUER,
  `${ISSUER}/`,
  [ISSUER],
  [],
  {},
  [null],
  { toString: 1 },
  { 'x5t#S256': 'x' },
  'RS256',
  'none',
  'HS256',
  'JWT',
  'at+jwt',
  'app',
  'user',
  '1.0',
  '2.0',
  'eyJhbGciOiJub25lIn0.e30.',
];
const HEADER_NAMES: readonly string[] = [
  ...['alg', 'typ', 'kid', 'crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c', 'zip', 'enc'],
  ...['cty', 'nonce', 'x5t', 'p2c', 'x', 'ALG', '__proto__'],
];
const CLAIM_NAMES: readonly string[] = [
  ...Object.keys(USER_CLAIMS),
  ...['TID', 'Aud', 'appid', 'nonce', 'actort', 'cnf', 'xms_idrel', 'groups', 'acct', 'x'],
  ...['__proto__', 'constructor', 'jti', 'act'],
];
const STRAY: readonly string[] = [
  '=',
  '==',
  ' ',
  '\n',
  '.',
  'A',
  '+',
  '/',
  '-',
  '\u00e4',
  ',',
  '%2e',
];

/** JSON with a member changed, left out, added or repeated. */
function mutateObject(object: Claims, names: readonly string[], random: Random): string {
  const name = random.pick(names);
  const value = random.pick(ODD);
  const kept = Object.entries(object).filter(([member]) => member !== name);
  switch (random.below(5)) {
    case 0:
      return JSON.stringify(Object.fromEntries(kept));
    case 1: {
      const repeated = JSON.stringify({ [name]: value }).slice(1, -1);
      const text = JSON.stringify(object);
      return random.chance(0.5)
        ? `{${repeated},${text.slice(1)}`
        : `${text.slice(0, -1)},${repeated}}`;
    }
    case 2: {
      const text = JSON.stringify(object);
      const at = random.below(text.length);
      return (
        text.slice(0, at) + random.pick(['"', '{', '}', ',', ' ', '\\u0061', '1']) + text.slice(at)
      );
    }
    default:
      return JSON.stringify({ ...Object.fromEntries(kept), [name]: value });
  }
}

/** A change to the text of a token, after it was signed. */
function mutateText(token: string, random: Random): string {
  const at = random.below(token.length + 1);
  switch (random.below(6)) {
    case 0:
      return token.slice(0, at) + random.pick(STRAY) + token.slice(at);
    case 1:
      return token.slice(0, at) + token.slice(at + 1);
    case 2:
      return token.slice(0, at);
    case 3: {
      const parts = token.split('.');
      return [parts[random.below(3)], parts[random.below(3)], parts[random.below(3)]].join('.');
    }
    case 4:
      return token + random.pick(STRAY);
    default: {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const last = alphabet.indexOf(token.slice(-1));
      return token.slice(0, -1) + alphabet.charAt(last ^ (1 + random.below(15)));
    }
  }
}

const segment = (text: string, random: Random): string => {
  if (!random.chance(0.02)) return base64url(text);
  const bytes = Buffer.from(text);
  bytes[random.below(bytes.length)] = random.below(256);
  return base64url(bytes);
};

/** Makes a token: now and then a good one, mostly one with something wrong, signed over what is wrong. */
export function mutatedToken(random: Random): MutatedToken {
  const key = random.pick(KEYS);
  const header = { typ: 'JWT', alg: 'RS256', kid: key.kid };
  const claims = { ...random.pick([APP_CLAIMS, USER_CLAIMS]), uti: String(random.below(1e9)) };
  const how: string[] = [];
  const maybe = (name: string, probability: number): boolean => {
    const happens = random.chance(probability);
    if (happens) how.push(name);
    return happens;
  };
  const headerText = maybe('header', 0.3)
    ? mutateObject(header, HEADER_NAMES, random)
    : JSON.stringify(header);
  const payloadText = maybe('payload', 0.6)
    ? mutateObject(claims, CLAIM_NAMES, random)
    : JSON.stringify(claims);
  const signer = maybe('signed by another key', 0.05) ? random.pick(KEYS) : key;
  let token = signParts(segment(headerText, random), segment(payloadText, random), signer);
  if (maybe('text', 0.2)) token = mutateText(token, random);
  return { token, how: how.join(', ') || 'nothing' };
}
