import { Buffer } from 'node:buffer';
import {
  APP_CLAIMS,
  base64url,
  type Claims,
  mint,
  OTHER_TENANT,
  signParts,
  testKey,
} from '../support/tokens.ts';
import { type Attack, withClaims } from './attack.ts';

const text = (claims: Claims): string => JSON.stringify(claims);

/** A member before all others of a payload, so that the good one after it wins. */
const prefixed = (member: string) => (): string =>
  mint({ payloadText: text(APP_CLAIMS).replace('{', `{${member},`) });

const withHeader = (header: Claims) => (): string => mint({ header });

/** The last character of the signature in a spelling that decodes to the same bytes. */
function respelledSignature(): string {
  const token = mint();
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.slice(-1));
  return token.slice(0, -1) + alphabet.charAt(last ^ 1);
}

/** Rules S2 to S7. */
export const structureAttacks: readonly Attack[] = [
  {
    rule: 'S2',
    name: 'another spelling of the same signature',
    reason: 'base64url_not_canonical',
    token: respelledSignature,
  },
  {
    rule: 'S2',
    name: 'padding after the payload',
    reason: 'base64url_not_canonical',
    token: () =>
      signParts(
        base64url(`{"typ":"JWT","alg":"RS256","kid":"${testKey('published').kid}"}`),
        `${base64url(`${text(APP_CLAIMS)} `.padEnd(700))}=`,
        testKey('published'),
      ),
  },
  {
    rule: 'S3',
    name: 'bytes that are not UTF-8 in a claim',
    reason: 'not_utf8',
    token: () => mint({ payloadText: Buffer.from(text({ ...APP_CLAIMS, x: '\xff' }), 'latin1') }),
  },
  {
    rule: 'S5',
    name: 'two audiences, the right one last',
    reason: 'duplicate_member',
    token: prefixed('"aud":"https://graph.microsoft.com"'),
  },
  {
    rule: 'S5',
    name: 'two audiences, one spelled with an escape',
    reason: 'duplicate_member',
    token: prefixed('"\\u0061ud":"https://graph.microsoft.com"'),
  },
  {
    rule: 'S5',
    name: 'two algorithms in the header',
    reason: 'duplicate_member',
    token: () =>
      mint({
        headerText: `{"alg":"none","typ":"JWT","alg":"RS256","kid":"${testKey('published').kid}"}`,
      }),
  },
  {
    rule: 'S5',
    name: 'a name repeated deep inside',
    reason: 'duplicate_member',
    token: prefixed('"x":[{"y":{"z":1,"z":2}}]'),
  },
  {
    rule: 'S5b',
    name: 'tid and TID',
    reason: 'ambiguous_member',
    token: withClaims({ TID: OTHER_TENANT }),
  },
  {
    rule: 'S6',
    name: '__proto__ with roles',
    reason: 'forbidden_member',
    token: prefixed('"__proto__":{"roles":["Admin"]}'),
  },
  {
    rule: 'S6',
    name: 'constructor inside a claim',
    reason: 'forbidden_member',
    token: withClaims({ x: [{ constructor: 1 }] }),
  },
  {
    rule: 'S7',
    name: 'a payload of more than 12 KiB',
    reason: 'bounds_exceeded',
    index: 0,
    token: withClaims({ x: 'x'.repeat(12 * 1024) }),
    options: { maxTokenBytes: 65_536 },
  },
  {
    rule: 'S7',
    name: 'a header of more than 1 KiB',
    reason: 'bounds_exceeded',
    index: 0,
    token: withHeader({ x: 'x'.repeat(1024) }),
  },
  {
    rule: 'S7',
    name: 'nesting deeper than 8',
    reason: 'bounds_exceeded',
    index: 1,
    token: prefixed(`"x":${'['.repeat(8)}${']'.repeat(8)}`),
  },
  {
    rule: 'S7',
    name: 'more than 200 members',
    reason: 'bounds_exceeded',
    index: 2,
    token: withClaims(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x${i}`, i]))),
  },
];
