import { checkChoice, checkInteger, checkOptionNames } from '../core/options.ts';
import { withResolvers } from '../core/with-resolvers.ts';
import { checkFault, type Fault } from './fault.ts';
import type { Endpoint, RecordedRequest } from './request-log.ts';

/** Which requests a fault meets. */
export interface InjectOptions {
  /** Default: `token`. */
  readonly on?: Endpoint;
  /** How many requests; `'all'` until it is released. Default: 1. */
  readonly times?: number | 'all';
  /** A further condition. */
  readonly when?: (request: RecordedRequest) => boolean;
}

/** A fault that lies in wait. */
export interface Injection {
  /** How many requests it met so far. */
  readonly met: number;
  /** Takes it away. Requests that it holds go on. */
  release(): void;
  [Symbol.dispose](): void;
}

/** A fault that meets a request. */
export interface ActiveFault {
  readonly fault: Fault;
  /** Settles when a held request may go on. */
  readonly released: Promise<void>;
}

const ENDPOINTS: readonly Endpoint[] = [
  'metadata',
  'keys',
  'token',
  'instance-discovery',
  'managed-identity',
  'other',
];

/** The faults that lie in wait, oldest first. */
export class FaultQueue {
  readonly #waiting: {
    readonly accepts: (request: RecordedRequest) => boolean;
    readonly meet: () => ActiveFault;
  }[] = [];

  /** Adds a fault. */
  inject(fault: Fault, options: InjectOptions = {}): Injection {
    checkFault(fault);
    checkOptionNames('inject options', options, ['on', 'times', 'when']);
    const on = checkChoice('inject on', options.on, ENDPOINTS, 'token');
    const times =
      options.times === 'all'
        ? Number.POSITIVE_INFINITY
        : checkInteger('inject times', options.times, { min: 1, max: 1e9, default: 1 });
    const { promise, resolve } = withResolvers<void>();
    let met = 0;
    const entry = {
      accepts: (request: RecordedRequest) =>
        request.endpoint === on && (options.when === undefined || options.when(request)),
      meet: (): ActiveFault => {
        met += 1;
        if (met >= times) remove();
        return { fault, released: promise };
      },
    };
    const remove = (): void => {
      const index = this.#waiting.indexOf(entry);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
    const end = (): void => {
      remove();
      resolve();
    };
    this.#waiting.push(entry);
    return {
      get met() {
        return met;
      },
      release: end,
      [Symbol.dispose]: end,
    };
  }

  /** The fault that meets a request, if any. */
  take(request: RecordedRequest): ActiveFault | undefined {
    return this.#waiting.find((entry) => entry.accepts(request))?.meet();
  }
}
