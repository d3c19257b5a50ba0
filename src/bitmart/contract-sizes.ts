import { ExchangeFailure } from '../history/failure.ts';
import { RecentMap } from '../recent-map.ts';
import { maxContracts, texts } from './clamps.ts';
import type { BitmartClient } from './client.ts';

/** Contracts are listed and delisted a few times a week. */
const validMs = 6 * 3_600_000;
/** Not knowing a size stops nothing, so that it is not asked for with every page. */
const retryMs = 60_000;
/** But a fill that is stored without its size keeps none: as long as none is known at all, reading waits for them so long. */
const patienceMs = 120_000;

/**
 * Sizes of futures contracts as listed today. They are snapshotted onto every fill: a volume in contracts is worthless once
 * the listing has vanished. Not knowing one stops nothing.
 */
export class ContractSizes {
  readonly #client: BitmartClient;
  readonly #sizes = new RecentMap<string, string>(maxContracts);
  #freshUntilMs = 0;
  #areKnown = false;
  #failingSinceMs: number | null = null;

  constructor(client: BitmartClient) {
    this.#client = client;
  }

  sizeOf(symbol: string): string | null {
    return this.#sizes.get(symbol) ?? null;
  }

  /** Looks them up anew when they are old; a failure leaves what is known. Throws ExchangeFailure while nothing is known and no answer comes, for two minutes. */
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
        const { symbol, contract_size: size } = (listed ?? {}) as { symbol?: unknown; contract_size?: unknown };
        if (typeof symbol !== 'string' || typeof size !== 'string') continue;
        if (symbol.length <= texts.maxId && /^\d{1,30}(\.\d{1,30})?$/.test(size)) this.#sizes.set(symbol, size);
      }
      this.#areKnown = true;
      this.#failingSinceMs = null;
      this.#freshUntilMs = Date.now() + validMs;
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      this.#failingSinceMs ??= Date.now();
      const isShort = error.details.kind === 'transient' && Date.now() - this.#failingSinceMs < patienceMs;
      if (!this.#areKnown && isShort) throw error;
      this.#freshUntilMs = Date.now() + retryMs;
    }
  }
}
