import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import type { Ids } from '../rows/ids.ts';
import { sizeUpTo } from '../rows/quantities.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

/** What a user moved between the spot and the futures wallet. */
export const transfers: SandboxStream = {
  service: 'account',
  endpoint: '/account/v1/transfer-contract-list',
  parts: ['all'],
  unitMs: 1,
  cap: 100,
  // Without bounds everything is served.
  defaultWindowMs: 20 * 365 * 86_400_000,
  reach: 'transfers',
  right: 'Future-Trade',
  timeField: 'timestamp',
  idField: 'transfer_id',
  amountField: 'amount',
  symbolField: 'currency',
  completed,
  generated,
};

function completed(given: WireRow, random: Random, ids: Ids): WireRow {
  return {
    transfer_id: ids.transfer(),
    currency: random.pick(['USDT', 'USDT', 'USDT', 'BTC']),
    amount: sizeUpTo(5_000, random.pick([0, 2, 8]), random),
    type: random.pick(['spot_to_contract', 'contract_to_spot']),
    state: random.chance(0.98) ? 'FINISHED' : 'FAILED',
    ...given,
  };
}

/** Of the last minutes, one may still be on its way. */
function* generated(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  const minuteMs = 60_000;
  for (const { atMs } of moments({ ...spread, bursts: 0 }, random)) {
    const isUnderWay = atMs > spread.clockMs - 5 * minuteMs && random.chance(0.5);
    yield { part, timestamp: atMs, ...(isUnderWay && { state: 'PROCESSING' }) };
  }
}
