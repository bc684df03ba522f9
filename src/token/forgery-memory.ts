import type { KeySource } from './key-source.ts';
import type { SigningKey } from './signing-key.ts';

/** Where a token was found forged: with which key of which source. */
export interface Forgery {
  readonly source: KeySource;
  readonly key: SigningKey;
}

/** Long enough that a client which repeats a bad token costs no more than a good one; short, because nothing else is. */
const MEMORY_MS = 1000;
const MAX_ENTRIES = 1024;

/**
 * Remembers for a second which tokens had a wrong signature, by the SHA-256 of their exact text. Only that verdict, which
 * neither time nor settings can change while the key is the same.
 */
export class ForgeryMemory {
  readonly #forgeries = new Map<string, Forgery & { readonly until: number }>();

  /** Whether a token was found forged a moment ago, and the key that showed it is still in force. */
  has(id: string, monotonicMs: number): boolean {
    const forgery = this.#forgeries.get(id);
    if (forgery === undefined) return false;
    const { key, source, until } = forgery;
    if (monotonicMs < until && source.usable(monotonicMs)?.keys.get(key.kid) === key) return true;
    this.#forgeries.delete(id);
    return false;
  }

  /** Remembers a forgery; the longest known one makes room. */
  add(id: string, { source, key }: Forgery, monotonicMs: number): void {
    this.#forgeries.set(id, { source, key, until: monotonicMs + MEMORY_MS });
    for (const oldest of this.#forgeries.keys()) {
      if (this.#forgeries.size <= MAX_ENTRIES) break;
      this.#forgeries.delete(oldest);
    }
  }
}
