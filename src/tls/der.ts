import type { Buffer } from 'node:buffer';

/** One value of a DER encoding (X.690). */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** The value with tag and length, as it was signed or is compared. */
  readonly encoded: Buffer;
}

/** Tags that certificates and CRLs are read by. */
export const derTags = {
  integer: 0x02,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  context0: 0xa0,
} as const;

/**
 * Reads the value at an offset.
 *
 * @throws RangeError when the bytes are not a complete DER value of at most 2^32 bytes.
 */
export function readDer(bytes: Buffer, offset = 0): DerValue {
  const tag = bytes.readUInt8(offset);
  const first = bytes.readUInt8(offset + 1);
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new RangeError('length is not DER');
    length = bytes.readUIntBE(start, count);
    start += count;
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError('value is cut off');
  return { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(offset, end) };
}

/** Reads the values inside a constructed value, in order. */
export function derChildren({ content }: DerValue): readonly DerValue[] {
  const children: DerValue[] = [];
  for (let offset = 0; offset < content.length; ) {
    const child = readDer(content, offset);
    children.push(child);
    offset += child.encoded.length;
  }
  return children;
}

/** Writes an object identifier with dots. */
export function derOid({ content }: DerValue): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

/**
 * Reads a UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 restricts them.
 *
 * @returns Milliseconds since the epoch.
 * @throws RangeError for any other form.
 */
export function derTime({ tag, content }: DerValue): number {
  const text = content.toString('latin1');
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const [, year = '', month, day, hour, minute, second] = match ?? [];
  if (year.length !== (tag === derTags.utcTime ? 2 : 4)) throw new RangeError('time is not DER');
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const written = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const time = new Date(`${written}Z`);
  // What is no time of the calendar must not pass as NaN, which is neither before nor after anything.
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(written)) {
    throw new RangeError('time is not DER');
  }
  return time.getTime();
}
