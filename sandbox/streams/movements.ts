import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import type { Ids } from '../rows/ids.ts';
import { type Coin, coins } from '../rows/markets.ts';
import { sizeUpTo } from '../rows/quantities.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

const dayMs = 86_400_000;

const movements = {
  service: 'account',
  endpoint: '/account/v2/deposit-withdraw/history',
  parts: ['all'],
  unitMs: 1,
  cap: 1_000,
  // One second less, because a window of 90 days is refused.
  defaultWindowMs: 90 * dayMs - 1_000,
  reach: 'movements',
  timeField: 'apply_time',
  // Whole seconds, as in every capture.
  timeUnitMs: 1_000,
  amountField: 'arrival_amount',
  symbolField: 'currency',
} as const;

export const withdrawals: SandboxStream = {
  ...movements,
  idField: 'withdraw_id',
  completed: withdrawal,
  generated: generatedWithdrawals,
};

export const deposits: SandboxStream = {
  ...movements,
  idField: 'deposit_id',
  completed: deposit,
  generated: generatedDeposits,
};

function withdrawal(given: WireRow, random: Random, ids: Ids): WireRow {
  const id = { withdraw_id: ids.withdrawal(), deposit_id: '', operation_type: 'withdraw' };
  const status = random.chance(0.9) ? success : random.pick([4, 5]);
  return { ...id, ...movement(given, status, random), ...given };
}

function deposit(given: WireRow, random: Random, ids: Ids): WireRow {
  const id = { withdraw_id: '', deposit_id: ids.deposit(), operation_type: 'deposit' };
  return { ...id, ...movement(given, success, random), fee: '0', ...given };
}

const success = 3;

function movement(given: WireRow, likelyStatus: number, random: Random): WireRow {
  const coin = coins.find(({ currency }) => currency === given.currency) ?? random.pick(coins);
  const status = given.status ?? likelyStatus;
  const amount = sizeUpTo(coin.largest, coin.digits, random);
  const address = addressOf(coin.addressOf, random);
  const addressMemo = coin.addressOf === 'ripple' ? random.digits(9) : '';
  const transaction = random.hex(64);
  return {
    currency: coin.currency,
    apply_time: given.apply_time ?? null,
    arrival_amount: amount,
    fee: coin.fee,
    status,
    address,
    address_memo: addressMemo,
    tx_id: status === success ? transaction : '',
  };
}

function addressOf(chain: Coin['addressOf'], random: Random): string {
  if (chain === 'ethereum') return `0x${random.hex(40)}`;
  if (chain === 'bitcoin') return `bc1q${random.hex(38)}`;
  if (chain === 'ripple') return `r${random.hex(33)}`;
  return `T${random.hex(33).toUpperCase()}`;
}

/** Requested within the last day, a withdrawal may not have arrived yet. */
function* generatedWithdrawals(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  for (const { apply_time: timeMs, atMs } of times(spread, random)) {
    // Drawn whatever the clock says: the same seed makes the same history at another time too.
    const [isLikely, status] = [random.chance(0.7), random.between(0, 2)];
    const isPending = isLikely && atMs > spread.clockMs - dayMs;
    yield isPending ? { part, apply_time: timeMs, status } : { part, apply_time: timeMs };
  }
}

function* generatedDeposits(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  for (const { apply_time: timeMs } of times(spread, random)) yield { part, apply_time: timeMs };
}

/** Movements come one by one. */
function times(spread: Spread, random: Random): readonly { readonly atMs: number; readonly apply_time: number }[] {
  const unitMs = movements.timeUnitMs;
  return moments({ ...spread, bursts: 0 }, random).map(({ atMs }) => ({
    atMs,
    apply_time: Math.floor(atMs / unitMs) * unitMs,
  }));
}
