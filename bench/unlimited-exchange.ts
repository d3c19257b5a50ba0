import type { AddedAccount } from '../sandbox/exchange.ts';
import { createBitmartExchange } from '../src/bitmart/index.ts';
import { fingerprintOf } from '../src/credentials/credentials.ts';
import type { Exchange, Reader } from '../src/history/ports.ts';
import type { SandboxProcess } from './sandbox-process.ts';

/** The sandbox as our adapter reads it, without limits and without a pace. */
export function unlimitedExchange({ url }: SandboxProcess): Exchange & { close(): Promise<void> } {
  const pace = {
    waitForSlot: () => Promise.resolve(),
    coolDown: () => Promise.resolve(),
    slowDown: () => Promise.resolve(),
  };
  return createBitmartExchange({ spotUrl: url, futuresUrl: url, limits: 'none', rateShare: 1, pace });
}

export function openReader(exchange: Exchange, account: AddedAccount): Reader {
  return exchange.open({ credentials: account, fingerprint: fingerprintOf(account.apiKey) });
}
