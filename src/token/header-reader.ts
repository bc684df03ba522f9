import { runChecks } from './check.ts';
import type { Checks } from './checks.ts';
import { decodeHeader } from './compact.ts';

/** Keys differ by the day, not by the call: a handful of headers covers all tokens of an authority. */
const MAX_REMEMBERED = 64;
const MAX_REMEMBERED_LENGTH = 512;

/** Reads the header segment of tokens, and remembers those of verified tokens so as to read them once. */
export class HeaderReader {
  readonly #checks: Checks;
  readonly #allowMissingTyp: boolean;
  readonly #remembered = new Map<string, string>();

  constructor(checks: Checks, allowMissingTyp: boolean) {
    this.#checks = checks;
    this.#allowMissingTyp = allowMissingTyp;
  }

  /**
   * Reads a header segment.
   *
   * @returns The id of the key that the token says it was signed with.
   * @throws {@link TokenError} for any breach of rules S2 to S7 and H1 to H10.
   */
  read(text: string): string {
    const remembered = this.#remembered.get(text);
    if (remembered !== undefined) return remembered;
    const header = decodeHeader(text, this.#checks.structure);
    runChecks(this.#checks.header, { header, allowMissingTyp: this.#allowMissingTyp });
    return String(header['kid']);
  }

  /** Remembers the header of a token whose signature was verified. Others could fill the memory with junk. */
  remember(text: string, kid: string): void {
    if (text.length > MAX_REMEMBERED_LENGTH || this.#remembered.has(text)) return;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(text, kid);
  }
}
