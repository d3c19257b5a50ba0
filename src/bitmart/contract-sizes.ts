import { ExchangeFailure } from '../history/failure.ts';
import type { BitmartClient } from './client.ts';

const validMs = 6 * 3_600_000;
const retryMs = 60_000;

/**
 * Sizes of futures contracts as listed today. They are snapshotted onto every fill: a volume in contracts is worthless once
 * the listing has vanished. Not knowing one stops nothing.
 */
export class ContractSizes {
  readonly #client: BitmartClient;
  #sizes = new Map<string, string>();
  #freshUntilMs = 0;

  constructor(client: BitmartClient) {
    this.#client = client;
  }

  sizeOf(symbol: string): string | null {
    return this.#sizes.get(symbol) ?? null;
  }

  /** Looks them up anew when they are old; a failure leaves what is known. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (Date.now() < this.#freshUntilMs) return;
    try {
      const request = {
        host: 'futures',
        method: 'GET',
        endpoint: '/contract/public/details',
        callsIn2Seconds: 12,
        level: 'none',
        parameters: {},
      } as const;
      const { data } = await this.#client.ask(request, null, signal);
      const symbols = (data as { symbols?: unknown } | null)?.symbols;
      for (const listed of Array.isArray(symbols) ? symbols : []) {
        const { symbol, contract_size: size } = listed as { symbol?: unknown; contract_size?: unknown };
        if (typeof symbol === 'string' && typeof size === 'string' && /^\d+(\.\d+)?$/.test(size))
          this.#sizes.set(symbol, size);
      }
      this.#freshUntilMs = Date.now() + validMs;
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      this.#freshUntilMs = Date.now() + retryMs;
    }
  }
}
