import { Buffer } from 'node:buffer';
import { constants, createHash, privateEncrypt } from 'node:crypto';
import type { TestKey } from './tokens.ts';

/** One way to write a padded digest, with the modulus' length in bytes. */
interface Padding {
  readonly name: string;
  readonly encode: (digest: Buffer, length: number) => Buffer;
}

const SHA256 = '0609608648016503040201';
const fromHex = (text: string): Buffer => Buffer.from(text, 'hex');

/** A DER sequence of an algorithm and a digest. */
function digestInfo(digest: Buffer, oid = SHA256, parameters = '0500'): Buffer {
  const algorithm = fromHex(oid + parameters);
  const head = Buffer.concat([Buffer.of(0x30, algorithm.length), algorithm]);
  const body = Buffer.concat([head, Buffer.of(0x04, digest.length), digest]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

/** `00 01 ff … ff 00` before the content, each part replaceable. */
function pad(
  content: Buffer,
  length: number,
  { start = [0, 1], filler = 0xff, separator = [0], trailer = Buffer.alloc(0) } = {},
): Buffer {
  const tail = Buffer.concat([Buffer.from(separator), content, trailer]);
  const padding = Buffer.alloc(length - start.length - tail.length, filler);
  return Buffer.concat([Buffer.from(start), padding, tail]);
}

const replaced = (encoded: Buffer, at: number, value: number): Buffer => {
  encoded[at < 0 ? encoded.length + at : at] = value;
  return encoded;
};

/** Content made from a digest info by a change to its bytes. */
const changed =
  (change: (info: Buffer) => Buffer) =>
  (digest: Buffer, length: number): Buffer =>
    pad(change(digestInfo(digest)), length);

const insert = (info: Buffer, at: number, bytes: string, head: number): Buffer => {
  const out = Buffer.concat([info.subarray(0, at), fromHex(bytes), info.subarray(at)]);
  out[1] = head;
  return out;
};

const OIDS: Readonly<Record<string, string>> = {
  'SHA-1': '06052b0e03021a',
  'SHA-224': '0609608648016503040204',
  'SHA-384': '0609608648016503040202',
  'SHA-512': '0609608648016503040203',
  MD5: '06082a864886f70d0205',
  'SHA-256 with RSA': '06092a864886f70d01010b',
  nothing: '',
};

const digests: readonly Padding[] = [
  ...Object.entries(OIDS).map(
    ([name, oid]): Padding => ({
      name: `the digest labelled ${name}`,
      encode: (digest, length) => pad(digestInfo(digest, oid), length),
    }),
  ),
  ...['', '0400', '0501ff', '058000', '0c00', '05000500'].map(
    (parameters): Padding => ({
      name: `parameters ${parameters || 'left out'}`,
      encode: (digest, length) => pad(digestInfo(digest, SHA256, parameters), length),
    }),
  ),
  ...[0, 1, 16, 20, 28, 31].map(
    (bytes): Padding => ({
      name: `a digest of ${bytes} bytes`,
      encode: (digest, length) => pad(digestInfo(digest.subarray(0, bytes)), length),
    }),
  ),
  {
    name: 'a digest of 33 bytes',
    encode: (digest, length) => pad(digestInfo(Buffer.concat([digest, Buffer.of(0)])), length),
  },
  { name: 'a digest without its label', encode: (digest, length) => pad(digest, length) },
  { name: 'no digest at all', encode: (_, length) => pad(Buffer.alloc(0), length) },
];

const lengths: readonly Padding[] = [
  { name: 'a long-form length', encode: changed((info) => insert(info, 1, '81', 0x81)) },
  { name: 'a length one too large', encode: changed((info) => replaced(info, 1, 0x32)) },
  { name: 'a length one too small', encode: changed((info) => replaced(info, 1, 0x30)) },
  { name: 'an indefinite length', encode: changed((info) => replaced(info, 1, 0x80)) },
  { name: 'an inner length of zero', encode: changed((info) => replaced(info, 3, 0)) },
  { name: 'a digest length of 255', encode: changed((info) => replaced(info, 18, 0xff)) },
  { name: 'a set in place of a sequence', encode: changed((info) => replaced(info, 0, 0x31)) },
  { name: 'a bit string in place of octets', encode: changed((info) => replaced(info, 17, 3)) },
  {
    name: 'bytes after the digest, inside',
    encode: changed((info) => insert(info, info.length, '0500', info.length)),
  },
];

const edges = [2, 3, 9, 10, 100, -53, -54].map(
  (at): Padding => ({
    name: `a padding byte that is not ff, at ${at}`,
    encode: (digest, length) => replaced(pad(digestInfo(digest), length), at, 0xfe),
  }),
);

const frames: readonly Padding[] = [
  ...(
    [
      [0, 0],
      [0, 2],
      [1, 1],
      [2, 1],
      [0x40, 1],
      [0, 0xff],
    ] as const
  ).map(
    (start): Padding => ({
      name: `the start ${Buffer.from(start).toString('hex')}`,
      encode: (digest, length) => pad(digestInfo(digest), length, { start: [...start] }),
    }),
  ),
  ...[0, 1, 0x7f, 0xfe].map(
    (filler): Padding => ({
      name: `padding of ${filler}`,
      encode: (digest, length) => pad(digestInfo(digest), length, { filler }),
    }),
  ),
  ...[[], [1], [0xff], [0, 0]].map(
    (separator): Padding => ({
      name: `the separator ${Buffer.from(separator).toString('hex') || 'left out'}`,
      encode: (digest, length) => pad(digestInfo(digest), length, { separator }),
    }),
  ),
  ...[1, 2, 8, 64, 150, 196].map(
    (bytes): Padding => ({
      // What let exponent 3 be forged in 2006: garbage behind a digest, and little padding before it.
      name: `${bytes} bytes behind the digest`,
      encode: (digest, length) =>
        pad(digestInfo(digest), length, { trailer: Buffer.alloc(bytes, 0xab) }),
    }),
  ),
  { name: 'nothing but zeros', encode: (_, length) => Buffer.alloc(length) },
  { name: 'a one', encode: (_, length) => replaced(Buffer.alloc(length), -1, 1) },
];

/** Ways to pad a digest that RFC 8017 section 9.2 does not know. */
export const wrongPaddings: readonly Padding[] = [...digests, ...lengths, ...edges, ...frames];

/** The one way it knows. */
export const rightPadding: Padding = {
  name: 'as it should be',
  encode: (digest, length) => pad(digestInfo(digest), length),
};

/** Signs with a padding of one's own. */
export function signPadded(input: string, key: TestKey, { encode }: Padding): Buffer {
  const digest = createHash('sha256').update(input).digest();
  return privateEncrypt(
    { key: key.privateKey, padding: constants.RSA_NO_PADDING },
    encode(digest, 256),
  );
}
