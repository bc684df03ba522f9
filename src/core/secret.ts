import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A string that prints as `[redacted]` wherever it might be printed by accident: templates, JSON,
 * `util.inspect`, log fields. Only {@link Secret.reveal} gives the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  static {
    // isolatedDeclarations refuses a method named by a symbol of another module, hence not in the class body.
    Object.defineProperty(Secret.prototype, inspect.custom, {
      value: () => REDACTED,
    });
  }

  /** Returns the value. Call it at the point of use and keep the result in no field. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }
}
