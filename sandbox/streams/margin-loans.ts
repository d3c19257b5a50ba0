import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import { decimalOf, decimalText, plus, product } from '../rows/decimal.ts';
import type { Ids } from '../rows/ids.ts';
import { marginPairs } from '../rows/markets.ts';
import { sizeUpTo } from '../rows/quantities.ts';
import type { RecordFields, SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

const borrowing: RecordFields = { timeField: 'create_time', idField: 'borrow_id', amountField: 'borrow_amount' };
const repayment: RecordFields = { timeField: 'repay_time', idField: 'repay_id', amountField: 'repaid_amount' };

/** What was borrowed and repaid on isolated margin, each record of the part that its kind and pair make. */
export const marginLoans: SandboxStream = {
  service: 'spot',
  endpoint: '/spot/v1/margin/isolated/borrow_record',
  parts: marginPairs.flatMap((pair) => [`borrow-${pair}`, `repay-${pair}`]),
  unitMs: 1,
  cap: 100,
  defaultWindowMs: 7 * 86_400_000,
  reach: 'transfers',
  ...borrowing,
  fieldsOf: (part) => (isRepayment(part) ? repayment : borrowing),
  symbolField: 'symbol',
  completed,
  generated,
};

function isRepayment(part: string): boolean {
  return part.startsWith('repay-');
}

const hourlyRate = decimalOf('0.00002291');

function completed({ account, ...given }: WireRow, random: Random, ids: Ids): WireRow {
  const part = String(account);
  const symbol = part.slice(part.indexOf('-') + 1);
  const currency = String(given.currency ?? random.pick(symbol.split('_')));
  const amount = decimalOf(sizeUpTo(currency === 'USDT' ? 900 : 0.4, 8, random));
  if (!isRepayment(part)) {
    const borrowed = decimalOf(String(given.borrow_amount ?? decimalText(amount)));
    return {
      borrow_id: ids.borrowing(Number(given.create_time)),
      symbol,
      currency,
      borrow_amount: decimalText(borrowed),
      daily_interest: '0.00055000',
      hourly_interest: decimalText(hourlyRate),
      interest_amount: decimalText(product(8, borrowed, hourlyRate)),
      ...given,
    };
  }
  const interest = product(8, amount, hourlyRate);
  return {
    repay_id: ids.repayment(Number(given.repay_time)),
    repay_time: given.repay_time ?? null,
    symbol,
    currency,
    repaid_amount: decimalText(plus(amount, interest)),
    repaid_principal: decimalText(amount),
    repaid_interest: decimalText(interest),
    ...given,
  };
}

function* generated(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  const { timeField } = isRepayment(part) ? repayment : borrowing;
  // Whole seconds, as captured.
  for (const { atMs } of moments({ ...spread, bursts: 0 }, random))
    yield { part, [timeField]: Math.floor(atMs / 1_000) * 1_000 };
}
