import { inspect } from 'node:util';

const placeholder = '[secret]';

/** A value that shows nothing of itself however it is printed, logged or serialised: only `reveal` answers. */
export class Secret<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return placeholder;
  }

  toJSON(): string {
    return placeholder;
  }

  [inspect.custom](): string {
    return placeholder;
  }
}

/** An object of a library that keeps what it was given: it shows this text from now on, however it is printed or serialised. */
export function printedAs<Printed extends object>(text: string, object: Printed): Printed {
  const value = () => text;
  return Object.defineProperties(object, { [inspect.custom]: { value }, toJSON: { value } });
}
