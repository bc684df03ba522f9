import type { Clock } from '../core/clock.ts';
import type { Directory } from './directory.ts';
import type { KeyRing } from './key-ring.ts';
import type { TokenChanges } from './mint.ts';
import { signToken, signWithAnyHeader } from './sign.ts';
import { accessTokenClaims, type TokenContent, type TokenFrame } from './tokens.ts';

/** What requests are answered from. */
export interface EmulatorContext {
  /** Public address: issuers, documents and error pages derive from it (trap T6). */
  readonly origin: string;
  readonly directory: Directory;
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly lifetimeSeconds: number;
}

/** The emulator's time, whole seconds. */
export function nowSeconds(context: EmulatorContext): number {
  return Math.floor(context.clock.now() / 1000);
}

/** Makes and signs an access token, with changes if there are any. */
export async function issueAccessToken(
  context: EmulatorContext,
  content: TokenContent,
  changes: TokenChanges = {},
): Promise<string> {
  const frame: TokenFrame = {
    origin: context.origin,
    now: nowSeconds(context) - (changes.issuedSecondsAgo ?? 0),
    lifetimeSeconds: changes.lifetimeSeconds ?? context.lifetimeSeconds,
  };
  const claims = { ...accessTokenClaims(content, frame), ...changes.claims };
  const { signing } = context.keys;
  const key =
    changes.signingKey === 'forged' || changes.signingKey === 'unpublished'
      ? await context.keys.stranger()
      : signing;
  const kid = changes.signingKey === 'unpublished' ? key.kid : signing.kid;
  const header = { kid, ...(content.api.version === '1.0' ? { x5t: kid } : {}) };
  if (changes.header === undefined) return signToken(claims, key, header);
  return signWithAnyHeader(claims, key, { ...header, ...changes.header });
}
