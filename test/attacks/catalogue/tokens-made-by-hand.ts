import { Buffer } from 'node:buffer';
import { constants, createHmac, sign } from 'node:crypto';
import { APP_CLAIMS, base64url, type Claims, mint, testKey } from '../../support/tokens.ts';

const published = testKey('published');

/** Header and payload as they stand, and whatever stands for a signature. */
export function assemble(header: Claims | string, signature: string, claims = APP_CLAIMS): string {
  const head = typeof header === 'string' ? header : JSON.stringify(header);
  return `${base64url(head)}.${base64url(JSON.stringify(claims))}.${signature}`;
}

const unsigned = (header: Claims): string => assemble(header, '').slice(0, -1);

/** A token "signed" with a secret: what a verifier accepts that takes the algorithm from the token. */
export function hmacToken(secret: string | Buffer, alg = 'HS256'): string {
  const input = unsigned({ typ: 'JWT', alg, kid: published.kid });
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** A token whose signature is made with PSS padding, whatever its header says. */
export function pssToken(alg: string): string {
  const input = unsigned({ typ: 'JWT', alg, kid: published.kid });
  const signature = sign('sha256', Buffer.from(input), {
    key: published.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  });
  return `${input}.${base64url(signature)}`;
}

/** A good token with its signature's bytes changed. */
export function withSignature(change: (signature: Buffer) => Buffer): string {
  const token = mint();
  const dot = token.lastIndexOf('.') + 1;
  return token.slice(0, dot) + base64url(change(Buffer.from(token.slice(dot), 'base64url')));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The 15 other spellings of a token's signature that decode to the same bytes. */
export function respellings(): readonly string[] {
  const token = mint();
  const last = ALPHABET.indexOf(token.slice(-1));
  return Array.from({ length: 15 }, (_, i) => token.slice(0, -1) + ALPHABET.charAt(last ^ (i + 1)));
}

/** A JWE by its looks: a header and four more segments. */
export function encrypted(header: Claims, ciphertext = 'AAAA'): string {
  return `${base64url(JSON.stringify(header))}.AAAA.AAAA.${ciphertext}.AAAA`;
}
