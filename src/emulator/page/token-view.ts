import { createPublicKey, verify } from 'node:crypto';
import type { EmulatorContext } from '../context.ts';
import { nowSeconds } from '../context.ts';
import type { SigningKey } from '../signing-key.ts';

/** Longest text the decoder looks at, as servers of this package do (rule M7). */
export const MAX_TOKEN_CHARACTERS = 16_384;

type Members = Readonly<Record<string, unknown>>;

/** A token taken apart, as far as that is possible. */
export interface TokenView {
  readonly segments: readonly string[];
  /** Whether every segment is the one base64url spelling of its bytes. */
  readonly canonical: boolean;
  readonly header: Members | undefined;
  readonly claims: Members | undefined;
  /** The published key that the header names. */
  readonly key: SigningKey | undefined;
  /** Whether that key made the signature; `undefined` without such a key. */
  readonly signatureHolds: boolean | undefined;
  /** By the emulator's clock, seconds since the epoch. */
  readonly now: number;
  readonly context: EmulatorContext;
}

function isCanonical(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function jsonObject(segment: string | undefined): Members | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      Buffer.from(segment ?? '', 'base64url'),
    );
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

function holds(segments: readonly string[], key: SigningKey): boolean {
  const [header = '', payload = '', signature = ''] = segments;
  const input = Buffer.from(`${header}.${payload}`);
  const bytes = Buffer.from(signature, 'base64url');
  return verify('sha256', input, createPublicKey(key.privateKey), bytes);
}

/** Takes a token apart. Surrounding space and a leading scheme are left off: people paste header values. */
export function viewToken(text: string, context: EmulatorContext): TokenView {
  const token = text.trim().replace(/^bearer +/i, '');
  const segments = token.slice(0, MAX_TOKEN_CHARACTERS).split('.', 6);
  const header = jsonObject(segments[0]);
  const key = context.keys.published.find(({ kid }) => kid === header?.['kid']);
  return {
    segments,
    canonical: token.length <= MAX_TOKEN_CHARACTERS && segments.every(isCanonical),
    header,
    claims: jsonObject(segments[1]),
    key,
    signatureHolds: key === undefined ? undefined : holds(segments, key),
    now: nowSeconds(context),
    context,
  };
}
