import type { Caller } from '../core/caller.ts';
import type { Instant } from '../core/clock.ts';
import type { KeySource } from './key-source.ts';
import type { SigningKey } from './signing-key.ts';

/** A verified token, without the token. */
export interface CachedToken {
  readonly caller: Caller;
  /** Where the key came from, to ask whether it is still in force. */
  readonly source: KeySource;
  /** The key that verified the signature. */
  readonly key: SigningKey;
  /** Wall clock from which the token holds, seconds; the tolerance is included. */
  readonly validFrom: number;
  /** Wall clock at which the token holds no more, seconds; the tolerance is included. */
  readonly validUntil: number;
  /** Monotonic clock at which the token must be verified anew, milliseconds. */
  readonly reviewAt: number;
  /** Bytes the entry occupies, roughly. */
  readonly weight: number;
}

/** A remembered verdict is used only while its key is in force and the token within its time. */
export function stillHolds(token: CachedToken, { wallMs, monotonicMs }: Instant): boolean {
  const nowSeconds = wallMs / 1000;
  return (
    monotonicMs < token.reviewAt &&
    nowSeconds >= token.validFrom &&
    nowSeconds < token.validUntil &&
    token.source.usable(monotonicMs)?.keys.get(token.key.kid) === token.key
  );
}

/** Bounds of the cache. */
export interface TokenCacheBounds {
  readonly maxEntries: number;
  readonly maxWeight: number;
  /** Most entries of one caller, so that none can push the others out. */
  readonly maxPerCaller: number;
}

/** The ids of one caller's tokens, oldest first: a list, since nearly always it is of one and never long. */
interface Owner {
  readonly id: string;
  readonly tokens: string[];
}

interface Slot {
  readonly token: CachedToken;
  readonly owner: Owner;
  /** Asked for, or new, since it was last considered for eviction. */
  used: boolean;
}

/**
 * Remembers verified tokens by the SHA-256 of their exact text, within bounds.
 *
 * Eviction is second chance: the oldest entry goes unless it was used since it was last considered. A hit therefore
 * writes one flag and moves nothing.
 */
export class TokenCache {
  readonly #bounds: TokenCacheBounds;
  readonly #slots = new Map<string, Slot>();
  readonly #owners = new Map<string, Owner>();
  #weight = 0;

  constructor(bounds: TokenCacheBounds) {
    this.#bounds = bounds;
  }

  /** Number of tokens remembered. */
  get size(): number {
    return this.#slots.size;
  }

  /** Number of callers with a token remembered. */
  get callers(): number {
    return this.#owners.size;
  }

  /** Bytes the tokens remembered occupy, roughly. */
  get weight(): number {
    return this.#weight;
  }

  /** Looks a token up. Whether what is found still holds is the asker's to judge. */
  get(id: string): CachedToken | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    slot.used = true;
    return slot.token;
  }

  /** Forgets a token. */
  delete(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#weight -= slot.token.weight;
    const { owner } = slot;
    owner.tokens.splice(owner.tokens.indexOf(id), 1);
    if (owner.tokens.length === 0) this.#owners.delete(owner.id);
  }

  /** Remembers a token, and forgets others where the bounds ask for it. */
  set(id: string, token: CachedToken): void {
    if (this.#bounds.maxEntries === 0 || token.weight > this.#bounds.maxWeight) return;
    this.delete(id);
    // Both are GUIDs of 36 characters, so the pair is unambiguous.
    const owner = this.#own(token.caller.tenantId + token.caller.objectId, id);
    this.#slots.set(id, { token, owner, used: true });
    this.#weight += token.weight;
    this.#evict();
  }

  /** Notes that a caller has one more token, and forgets the oldest of one that has too many. */
  #own(ownerId: string, id: string): Owner {
    const known = this.#owners.get(ownerId);
    if (known === undefined) {
      const owner = { id: ownerId, tokens: [id] };
      this.#owners.set(ownerId, owner);
      return owner;
    }
    known.tokens.push(id);
    if (known.tokens.length > this.#bounds.maxPerCaller) this.delete(known.tokens[0] as string);
    return known;
  }

  #evict(): void {
    // Each slot is spared at most once, so this ends.
    for (const [id, slot] of this.#slots) {
      if (this.#slots.size <= this.#bounds.maxEntries && this.#weight <= this.#bounds.maxWeight) {
        return;
      }
      if (!slot.used) {
        this.delete(id);
        continue;
      }
      slot.used = false;
      this.#slots.delete(id);
      this.#slots.set(id, slot);
    }
  }
}
