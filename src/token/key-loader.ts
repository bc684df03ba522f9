import type { Clock } from '../core/clock.ts';
import { type DocumentFetcher, DocumentMissingError } from './document-fetcher.ts';
import {
  type DroppedKey,
  KEYS_BOUNDS,
  type KeyLocation,
  type KeySet,
  METADATA_BOUNDS,
  type Metadata,
  parseKeys,
  parseMetadata,
} from './key-set.ts';

/** A set just loaded, and the published keys that were left out of it. */
export interface LoadedKeys {
  readonly set: KeySet;
  readonly dropped: readonly DroppedKey[];
}

const METADATA_REFRESH_MS = 12 * 3_600_000;
const METADATA_JITTER_MS = 3_600_000;

/** Loads the keys of one location: the metadata now and then, to learn the address, and the keys each time. */
export class KeyLoader {
  readonly #location: KeyLocation;
  readonly #fetch: DocumentFetcher;
  readonly #clock: Clock;
  readonly #random: () => number;
  #metadata: Metadata | undefined;
  #metadataRenewAt = Number.NEGATIVE_INFINITY;

  constructor(location: KeyLocation, fetch: DocumentFetcher, clock: Clock, random: () => number) {
    this.#location = location;
    this.#fetch = fetch;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Loads the keys as they are published now.
   *
   * @param previous - The set in force. Its keys that are still published stay the same objects.
   * @throws {@link KeyDocumentError} when no acceptable document could be had.
   */
  async load(previous: KeySet | undefined): Promise<LoadedKeys> {
    const metadata = await this.#currentMetadata();
    try {
      return await this.#loadKeys(metadata, previous);
    } catch (error) {
      if (!(error instanceof DocumentMissingError)) throw error;
    }
    // The keys moved. Fresh metadata says where to.
    this.#metadataRenewAt = Number.NEGATIVE_INFINITY;
    return this.#loadKeys(await this.#currentMetadata(), previous);
  }

  async #currentMetadata(): Promise<Metadata> {
    if (this.#metadata !== undefined && this.#clock.monotonic() < this.#metadataRenewAt) {
      return this.#metadata;
    }
    const body = await this.#fetch(this.#location.metadataUrl, METADATA_BOUNDS.maxBytes);
    this.#metadata = parseMetadata(body, this.#location);
    const jitter = (this.#random() * 2 - 1) * METADATA_JITTER_MS;
    this.#metadataRenewAt = this.#clock.monotonic() + METADATA_REFRESH_MS + jitter;
    return this.#metadata;
  }

  async #loadKeys(metadata: Metadata, previous: KeySet | undefined): Promise<LoadedKeys> {
    const body = await this.#fetch(metadata.jwksUrl, KEYS_BOUNDS.maxBytes);
    const { keys, dropped } = parseKeys(body, previous?.keys);
    const generation = (previous?.generation ?? 0) + 1;
    return {
      set: Object.freeze({ keys, cloud: metadata.cloud, location: this.#location, generation }),
      dropped,
    };
  }
}
