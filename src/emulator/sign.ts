import { constants, createHmac, createPublicKey, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import type { SigningKey } from './signing-key.ts';

/** Members of a JOSE header; `undefined` leaves one out. */
export type HeaderChanges = Readonly<Record<string, unknown>>;

const signAsync = promisify(sign);

/** Signs claims as an access token, RS256. */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  key: SigningKey,
  header: HeaderChanges = {},
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...header })
    .sign(key.privateKey);
}

function signatureFor(alg: unknown, input: Buffer, key: SigningKey): Promise<Buffer> | Buffer {
  const name = typeof alg === 'string' ? alg : '';
  const bits = /(256|384|512)$/.exec(name)?.[1] ?? '256';
  if (name.toLowerCase() === 'none') return Buffer.alloc(0);
  if (name.startsWith('HS')) {
    // The classical confusion: the public key, which everybody has, taken for a shared secret.
    const publicPem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
    return createHmac(`sha${bits}`, publicPem).update(input).digest();
  }
  const padding = name.startsWith('PS')
    ? {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }
    : {};
  return signAsync(`sha${bits}`, input, { key: key.privateKey, ...padding });
}

/**
 * Signs claims under a header that no library would write, for tests of those who must refuse it.
 *
 * The signature is the one the header's `alg` asks for: RSA for `RS*` and `PS*`, empty for `none`, HMAC keyed with
 * the public key for `HS*`, and RS256 for anything else.
 */
export async function signWithAnyHeader(
  claims: Readonly<Record<string, unknown>>,
  key: SigningKey,
  header: HeaderChanges,
): Promise<string> {
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const whole = { typ: 'JWT', alg: 'RS256', kid: key.kid, ...header };
  const input = `${encode(whole)}.${encode(claims)}`;
  const signature = await signatureFor(whole.alg, Buffer.from(input), key);
  return `${input}.${signature.toString('base64url')}`;
}
