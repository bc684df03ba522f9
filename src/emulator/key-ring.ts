import { createSigningKey, type SigningKey } from './signing-key.ts';

// Making an RSA key takes longer than all the rest of a start. Emulators of one process therefore begin with the
// same key; what tells their tokens apart is the issuer. Rotation always makes a new one.
let firstKey: Promise<SigningKey> | undefined;
let strangerKey: Promise<SigningKey> | undefined;

/** The keys of an emulator: what is published, what signs. */
export class KeyRing {
  #signing: SigningKey;
  #announced: SigningKey | undefined;
  #retired: readonly SigningKey[] = [];

  private constructor(signing: SigningKey) {
    this.#signing = signing;
  }

  /** Makes a ring with one key. */
  static async create(): Promise<KeyRing> {
    firstKey ??= createSigningKey();
    try {
      return new KeyRing(await firstKey);
    } catch (error) {
      // A failure (no openssl yet) must not stick.
      firstKey = undefined;
      throw error;
    }
  }

  /** The key that signs. */
  get signing(): SigningKey {
    return this.#signing;
  }

  /** All keys in the key document: announced, signing, retired. */
  get published(): readonly SigningKey[] {
    const announced = this.#announced === undefined ? [] : [this.#announced];
    return [...announced, this.#signing, ...this.#retired];
  }

  /** Publishes the next key without signing with it yet, as Entra does ahead of a rotation (trap T12). */
  async announce(): Promise<void> {
    this.#announced ??= await createSigningKey();
  }

  /** Signs with the announced key, or a new one, from now on. */
  async rotate(withdraw: boolean): Promise<void> {
    const next = this.#announced ?? (await createSigningKey());
    this.#announced = undefined;
    this.#retired = withdraw ? [] : [this.#signing, ...this.#retired];
    this.#signing = next;
  }

  /** A key that is published nowhere. */
  async stranger(): Promise<SigningKey> {
    strangerKey ??= createSigningKey();
    try {
      return await strangerKey;
    } catch (error) {
      strangerKey = undefined;
      throw error;
    }
  }
}
