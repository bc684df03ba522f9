import { type ConnectionEnds, isSameConnection } from './connection-ends.ts';

interface Row<T> {
  readonly ends: ConnectionEnds;
  readonly value: T;
}

/**
 * Open connections by their ends. Rows stand under the peer's port, a number that each call can look up without making
 * a text of four parts first; few connections share one.
 */
export class ConnectionTable<T> {
  readonly #rows = new Map<number | undefined, readonly Row<T>[]>();

  /**
   * Adds a connection. One with the same ends, which must be over by now, gives way.
   *
   * @returns What removes it, and leaves a newer one with the same ends alone.
   */
  add(ends: ConnectionEnds, value: T): () => void {
    const { remoteAddress, remotePort, localAddress, localPort } = ends;
    // Copied: of a socket that is closed Node knows them no more.
    const row = { ends: { remoteAddress, remotePort, localAddress, localPort }, value };
    const others = this.#at(remotePort).filter((other) => !isSameConnection(other.ends, ends));
    this.#rows.set(remotePort, [...others, row]);
    return () => {
      const left = this.#at(remotePort).filter((other) => other !== row);
      if (left.length === 0) this.#rows.delete(remotePort);
      else this.#rows.set(remotePort, left);
    };
  }

  find(ends: ConnectionEnds): T | undefined {
    return this.#at(ends.remotePort).find((row) => isSameConnection(row.ends, ends))?.value;
  }

  values(): readonly T[] {
    return [...this.#rows.values()].flatMap((rows) => rows.map(({ value }) => value));
  }

  #at(port: number | undefined): readonly Row<T>[] {
    return this.#rows.get(port) ?? [];
  }
}
