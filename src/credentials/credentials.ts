import { inspect } from 'node:util';

const placeholder = '[credentials]';

/**
 * The three texts that open an account at the exchange. However it is printed, logged or serialised, nothing of them
 * shows; only the getters answer.
 */
export class Credentials {
  readonly #apiKey: string;
  readonly #apiSecret: string;
  readonly #memo: string;

  constructor(texts: { readonly apiKey: string; readonly apiSecret: string; readonly memo: string }) {
    this.#apiKey = texts.apiKey;
    this.#apiSecret = texts.apiSecret;
    this.#memo = texts.memo;
  }

  get apiKey(): string {
    return this.#apiKey;
  }

  get apiSecret(): string {
    return this.#apiSecret;
  }

  get memo(): string {
    return this.#memo;
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
