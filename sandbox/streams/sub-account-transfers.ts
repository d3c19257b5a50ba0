import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import type { Ids } from '../rows/ids.ts';
import { sizeUpTo } from '../rows/quantities.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

/** What moved between the spot wallets of a main account and its sub-accounts. */
export const subAccountTransfers: SandboxStream = {
  service: 'account',
  endpoint: '/account/sub-account/main/v1/transfer-list',
  parts: ['all'],
  unitMs: 1_000,
  cap: 100,
  // The last three months, and no request limits it to another time.
  defaultWindowMs: 90 * 86_400_000,
  reach: 'transfers',
  right: 'Inter-Account Transfer',
  timeField: 'submissionTime',
  timeIsInSeconds: true,
  // They have none.
  idField: 'submissionTime',
  amountField: 'amount',
  symbolField: 'currency',
  completed,
  generated,
};

function completed(given: WireRow, random: Random, _ids: Ids): WireRow {
  const accounts = random.pick([
    ['main', 'sub-one'],
    ['sub-one', 'main'],
    ['main', 'sub-two'],
  ]) as [string, string];
  return {
    fromAccount: accounts[0],
    fromWalletType: 'spot',
    toAccount: accounts[1],
    toWalletType: 'spot',
    currency: random.pick(['USDT', 'USDT', 'BTC']),
    amount: sizeUpTo(900, random.pick([0, 2, 8]), random),
    ...given,
  };
}

function* generated(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  for (const { atMs } of moments({ ...spread, bursts: 0 }, random))
    yield { part, submissionTime: Math.floor(atMs / 1_000) };
}
