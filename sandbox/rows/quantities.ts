import type { Random } from '../random.ts';
import { decimalText } from './decimal.ts';

/** A price off by no more than a share of it. */
export function nearPrice(price: number, digits: number, shareOff: number, random: Random): string {
  const units = Math.max(1, Math.round(price * 10 ** digits * (1 - shareOff + random.next() * 2 * shareOff)));
  return decimalText({ units: BigInt(units), digits });
}

/** An amount above zero, small ones more often than large ones, with every digit used. */
export function sizeUpTo(largest: number, digits: number, random: Random): string {
  const shownDigits = Math.min(digits, 8);
  const units = Math.max(1, Math.floor(largest * 10 ** shownDigits * random.next() ** 3));
  // A floating point number holds no 18 digits; the rest is drawn one by one.
  const rest = digits > shownDigits ? random.digits(digits - shownDigits) : '';
  return decimalText({ units: BigInt(`${units}${rest}`), digits });
}
