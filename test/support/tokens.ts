import { Buffer } from 'node:buffer';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const TENANT = '8f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b11';
export const OTHER_TENANT = '9a1d2d2f-8d1b-4c4a-8e8d-4c5d5d2b3c22';
export const API_ID = '2f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b13';
export const CLIENT_ID = '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14';
export const OBJECT_ID = '1f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b12';
export const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
export const ISSUER_V1 = `https://sts.windows.net/${TENANT}/`;

/** A key pair of the test's own authority. */
export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As Entra publishes keys: no `alg`. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

const made = new Map<string, TestKey>();

/** Makes a key pair, or takes it from a folder where many processes in a row would otherwise make their own. */
function privateKeyOf(name: string): KeyObject {
  const folder = process.env['TEST_KEY_FOLDER'];
  const file = folder === undefined ? undefined : join(folder, `${name}.pem`);
  if (file !== undefined && existsSync(file)) return createPrivateKey(readFileSync(file));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (file !== undefined) writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return privateKey;
}

/** A key pair by name; the same name gives the same pair within a process. */
export function testKey(name: string): TestKey {
  const known = made.get(name);
  if (known !== undefined) return known;
  const privateKey = privateKeyOf(name);
  const publicKey = createPublicKey(privateKey);
  const kid = createHash('sha1').update(name).digest('base64url');
  const { n, e } = publicKey.export({ format: 'jwk' });
  const key = { kid, privateKey, publicKey, jwk: { kty: 'RSA', use: 'sig', kid, x5t: kid, n, e } };
  made.set(name, key);
  return key;
}

/** Seconds since the epoch at the start of the fake clock. */
export const NOW = Date.UTC(2027, 0, 15, 12, 0, 0) / 1000;

/** Claims as a plain object. */
export type Claims = Readonly<Record<string, unknown>>;

/** Claims of an application's v2.0 token in which nothing is wrong. */
export const APP_CLAIMS: Claims = {
  aud: API_ID,
  iss: ISSUER,
  iat: NOW - 300,
  nbf: NOW - 300,
  exp: NOW + 3600,
  aio: 'k2RgYFgUc1XjwO5z6dfvvBc',
  azp: CLIENT_ID,
  azpacr: '1',
  idtyp: 'app',
  oid: OBJECT_ID,
  rh: '0.AXEAHhwMjwp8OUudfDtMTBorEQ',
  roles: ['Orders.Read', 'Orders.Write'],
  sub: OBJECT_ID,
  tid: TENANT,
  uti: '5oqFvGpLuUmJQcXyWnUQAA',
  ver: '2.0',
};

/** Claims of a user's v2.0 token in which nothing is wrong. */
export const USER_CLAIMS: Claims = {
  ...APP_CLAIMS,
  idtyp: 'user',
  azpacr: '0',
  name: 'Adele Vance',
  preferred_username: 'adele@contoso.example',
  email: 'adele@contoso.example',
  roles: ['Approver'],
  scp: 'Orders.Read Orders.Write',
  sub: 'pairwise-subject-of-adele',
};

/** Claims of an application's v1.0 token in which nothing is wrong. */
export const V1_CLAIMS: Claims = {
  ...without(APP_CLAIMS, 'azp', 'azpacr'),
  aud: 'api://orders',
  iss: ISSUER_V1,
  appid: CLIENT_ID,
  appidacr: '2',
  ver: '1.0',
};

/** Claims of a B2C user's token in which nothing is wrong: as its user flows make them. */
export const B2C_CLAIMS: Claims = {
  iss: `https://contoso.b2clogin.com/${TENANT}/v2.0/`,
  exp: NOW + 3600,
  nbf: NOW - 300,
  aud: API_ID,
  oid: OBJECT_ID,
  sub: OBJECT_ID,
  name: 'Adele Vance',
  emails: ['adele@contoso.example'],
  tfp: 'B2C_1_SignIn',
  nonce: 'chosen by the client',
  scp: 'Orders.Read',
  azp: CLIENT_ID,
  ver: '1.0',
  iat: NOW - 300,
};

/** A copy without some members. */
export function without(claims: Claims, ...names: readonly string[]): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}

export const base64url = (data: string | Buffer): string =>
  (typeof data === 'string' ? Buffer.from(data) : data).toString('base64url');

/** What makes a token differ from a good one. */
export interface TokenWish {
  readonly key?: TestKey;
  /** Header members to add or, where `undefined`, to leave out. */
  readonly header?: Claims;
  /** The header as it is to stand, in place of one made from members. */
  readonly headerText?: string | Buffer;
  /** Claims to add or, where `undefined`, to leave out. */
  readonly claims?: Claims;
  /** All claims. Default: {@link APP_CLAIMS}. */
  readonly base?: Claims;
  /** The payload as it is to stand, in place of one made from claims. */
  readonly payloadText?: string | Buffer;
  /** The signature as it is to stand, in place of one made with the key. */
  readonly signature?: string;
}

/** Makes a token, signed by RS256 over whatever it holds. */
export function mint(wish: TokenWish = {}): string {
  const key = wish.key ?? testKey('published');
  const header =
    wish.headerText ?? JSON.stringify({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...wish.header });
  const payload =
    wish.payloadText ?? JSON.stringify({ ...(wish.base ?? APP_CLAIMS), ...wish.claims });
  return wish.signature === undefined
    ? signParts(base64url(header), base64url(payload), key)
    : `${base64url(header)}.${base64url(payload)}.${wish.signature}`;
}

/** Signs two segments as they stand. */
export function signParts(header: string, payload: string, key: TestKey): string {
  const input = `${header}.${payload}`;
  return `${input}.${base64url(sign('sha256', Buffer.from(input), key.privateKey))}`;
}
