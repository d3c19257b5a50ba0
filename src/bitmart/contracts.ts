import { ExchangeFailure, passesByItself } from '../history/failure.ts';
import { RecentMap } from '../recent-map.ts';
import { maxContracts } from './clamps.ts';
import type { BitmartClient } from './client.ts';
import { shortText } from './fields.ts';
import { noList } from './list-answer.ts';
import type { BitmartRequest } from './transport.ts';

const listRead: BitmartRequest = {
  host: 'futures',
  method: 'GET',
  endpoint: '/contract/public/details',
  callsIn2Seconds: 12,
  level: 'none',
  parameters: {},
};

/** Contracts are listed and delisted a few times a week. */
const validMs = 6 * 3_600_000;
/** After a failure the list is not requested again with every page. */
const retryMs = 60_000;
/** A fill that is stored without its contract never gets one, so reading waits this long while no contract is known at all. */
const patienceMs = 120_000;

/** What the listing says about one contract; null where it says nothing, or something unknown. */
export interface Contract {
  /** Linear: the base currency in one contract. Inverse: the quote currency in one contract. */
  readonly size: string | null;
  readonly kind: 'linear' | 'inverse' | null;
  readonly base: string | null;
  readonly quote: string | null;
  /** The currency in which profits and fees are booked. */
  readonly settlement: string | null;
}

export const unknownContract: Contract = { size: null, kind: null, base: null, quote: null, settlement: null };

/**
 * Futures contracts as listed today. Each fill stores a snapshot of its contract, because a volume in contracts is worthless
 * once the listing has vanished. A contract that the list does not name stops nothing.
 */
export class Contracts {
  readonly #client: BitmartClient;
  readonly #monotonicNow: () => number;
  readonly #known = new RecentMap<string, Contract>(maxContracts);
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #areKnown = false;
  /** When fills first had to wait for the list. */
  #failingSinceMs: number | null = null;
  #reading: Promise<void> | null = null;

  constructor(client: BitmartClient, monotonicNow: () => number = () => performance.now()) {
    this.#client = client;
    this.#monotonicNow = monotonicNow;
  }

  of(symbol: string): Contract {
    return this.#known.get(symbol) ?? unknownContract;
  }

  /**
   * Requests the list if it is old; a failure leaves what is known. While nothing is known, throws ExchangeFailure for two
   * minutes. Called only where fills have come, so that an outage in which none come uses up no part of that time.
   */
  async refresh(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#monotonicNow() < this.#freshUntilMs) return;
    // Shared by all concurrent callers, so it does not end with the signal of one of them.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await Promise.race([this.#reading, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async #read(): Promise<void> {
    try {
      const answer = await this.#client.ask(listRead, null, new AbortController().signal);
      const symbols = (answer.data as { symbols?: unknown } | null)?.symbols;
      // Requested again in a minute, so not at once.
      if (!Array.isArray(symbols)) throw noList(answer);
      for (const listed of symbols) {
        const row = (listed ?? {}) as Record<string, unknown>;
        const symbol = shortText(row.symbol);
        if (symbol !== null) this.#known.set(symbol, contractOf(row));
      }
      this.#areKnown = true;
      this.#freshUntilMs = this.#monotonicNow() + validMs;
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      const nowMs = this.#monotonicNow();
      this.#failingSinceMs ??= nowMs;
      if (!this.#areKnown && nowMs - this.#failingSinceMs < patienceMs) throw ofListAlone(error);
      this.#freshUntilMs = nowMs + retryMs;
    }
  }
}

/** The list is of no key, stream or window, so its failure must not count as a refusal of one. */
function ofListAlone({ details }: ExchangeFailure): ExchangeFailure {
  const refused = { kind: 'unexpected', problem: 'unexpected-answer' } as const;
  return new ExchangeFailure({ ...details, ...(!passesByItself(details.kind) && refused), concernsNoWindow: true });
}

const linearQuotes: ReadonlySet<string | null> = new Set(['USDT', 'USDC']);

/**
 * The listing does not name the kind. Coin-margined contracts are quoted in USD itself, which no wallet holds, and settled in
 * their base; contracts quoted in a stablecoin are settled in it. Any other quote is unknown.
 */
export function contractOf(listed: Readonly<Record<string, unknown>>): Contract {
  const size = listed.contract_size;
  const base = shortText(listed.base_currency);
  const quote = shortText(listed.quote_currency);
  const known = {
    size: typeof size === 'string' && /^\d{1,30}(\.\d{1,30})?$/.test(size) ? size : null,
    base,
    quote,
  };
  if (quote === 'USD' && base !== null) return { ...known, kind: 'inverse', settlement: base };
  if (linearQuotes.has(quote)) return { ...known, kind: 'linear', settlement: quote };
  return { ...known, kind: null, settlement: null };
}
