import { withResolvers } from '#src/core/with-resolvers.ts';

/** Items in order, for readers that wait. */
export interface Queue<T> {
  push(item: T): void;
  /** The next item that nobody has taken. */
  next(): Promise<T>;
}

export function queue<T>(): Queue<T> {
  const items: T[] = [];
  const readers: ((item: T) => void)[] = [];
  return {
    push: (item) => {
      const reader = readers.shift();
      if (reader === undefined) items.push(item);
      else reader(item);
    },
    next: () => {
      const item = items.shift();
      if (item !== undefined) return Promise.resolve(item);
      const { promise, resolve } = withResolvers<T>();
      readers.push(resolve);
      return promise;
    },
  };
}
