import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import type { Ids } from '../rows/ids.ts';
import { sizeUpTo } from '../rows/quantities.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

/** Savings of both products, each record of the part that its product and type make. */
export const earnRecords: SandboxStream = {
  service: 'account',
  endpoint: '/newearn/cloud/v1/saving/record',
  parts: [
    'flexible-interest',
    'fixed-interest',
    'flexible-subscribe',
    'fixed-subscribe',
    'flexible-redeem',
    'fixed-redeem',
  ],
  unitMs: 1,
  cap: 100,
  defaultWindowMs: 7 * 86_400_000,
  reach: 'transfers',
  timeField: 'time',
  idField: 'recordId',
  amountField: 'amount',
  symbolField: 'coinName',
  completed,
  generated,
};

function completed({ account: part, ...given }: WireRow, random: Random, ids: Ids): WireRow {
  const [product, type] = String(part).split('-');
  return {
    type: type ?? 'interest',
    recordId: ids.earnRecord(),
    productId: `${random.between(100, 999)}`,
    ...(product === 'fixed' && { lockDay: random.pick([7, 30, 90]) }),
    coinName: random.pick(['USDT', 'USDT', 'BTC', 'ETH']),
    amount: sizeUpTo(type === 'interest' ? 2 : 900, 8, random),
    productTag: '',
    subscribeType: type === 'subscribe' ? 'MANUAL' : '',
    requestNo: random.digits(20),
    status: 'SUCCESS',
    ...given,
  };
}

function* generated(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  for (const { atMs } of moments({ ...spread, bursts: 0 }, random)) yield { part, time: atMs };
}
