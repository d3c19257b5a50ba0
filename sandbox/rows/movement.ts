import type { Random } from '../random.ts';
import type { WireRow } from '../wire-text.ts';
import type { Ids } from './ids.ts';
import { type Coin, coins } from './markets.ts';
import { sizeUpTo } from './quantities.ts';

/** A row of the withdrawals: what is not given comes from the seed. `apply_time` must be given. */
export function withdrawal(given: WireRow, random: Random, ids: Ids): WireRow {
  const id = { withdraw_id: ids.withdrawal(), deposit_id: '', operation_type: 'withdraw' };
  const status = random.chance(0.9) ? success : random.pick([4, 5]);
  return { ...id, ...movement(given, status, random), ...given };
}

/** A row of the deposits: what is not given comes from the seed. `apply_time` must be given. */
export function deposit(given: WireRow, random: Random, ids: Ids): WireRow {
  const id = { withdraw_id: '', deposit_id: ids.deposit(), operation_type: 'deposit' };
  return { ...id, ...movement(given, success, random), fee: '0', ...given };
}

const success = 3;

function movement(given: WireRow, likelyStatus: number, random: Random): WireRow {
  const coin = coins.find(({ currency }) => currency === given.currency) ?? random.pick(coins);
  const status = given.status ?? likelyStatus;
  return {
    currency: coin.currency,
    apply_time: given.apply_time ?? null,
    arrival_amount: sizeUpTo(coin.largest, coin.digits, random),
    fee: coin.fee,
    status,
    address: addressOf(coin.addressOf, random),
    address_memo: coin.addressOf === 'ripple' ? random.digits(9) : '',
    tx_id: status === success ? random.hex(64) : '',
  };
}

function addressOf(chain: Coin['addressOf'], random: Random): string {
  if (chain === 'ethereum') return `0x${random.hex(40)}`;
  if (chain === 'bitcoin') return `bc1q${random.hex(38)}`;
  if (chain === 'ripple') return `r${random.hex(33)}`;
  return `T${random.hex(33).toUpperCase()}`;
}
