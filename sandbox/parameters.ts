import { Refusal, refusals } from './refusal.ts';

/**
 * The parameters of a request, from its query or its JSON body. They are found by their exact names; what nothing
 * asks for is ignored without a word, as BitMart does.
 */
export class Parameters {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #source: 'query' | 'body';

  constructor(values: ReadonlyMap<string, unknown>, source: 'query' | 'body') {
    this.#values = values;
    this.#source = source;
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    return value === undefined || value === null || value === '' ? null : String(value);
  }

  /** A whole number; null when absent, NaN when it is none. In a body, a number that is written as text is refused. */
  number(name: string): number | null {
    if (this.#source === 'body' && typeof this.#values.get(name) === 'string') throw refusals.clock();
    const text = this.text(name);
    if (text === null) return null;
    return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  }
}

export function parametersOfQuery(query: URLSearchParams): Parameters {
  return new Parameters(new Map(query), 'query');
}

export function parametersOfBody(body: string): Parameters {
  try {
    const parsed: unknown = JSON.parse(body === '' ? '{}' : body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return new Parameters(new Map(Object.entries(parsed)), 'body');
    }
  } catch {
    // Refused below.
  }
  throw new Refusal(503, 30018, 'Request Body is not json');
}
