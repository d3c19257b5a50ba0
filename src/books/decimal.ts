/** An exact decimal number, because amounts never pass through a floating point number. */
export interface Decimal {
  readonly units: bigint;
  /** How many of the last digits of `units` are after the decimal point. */
  readonly digits: number;
}

export const zero: Decimal = { units: 0n, digits: 0 };

const pattern = /^(-?)(\d{1,60})(?:\.(\d{1,60}))?$/;

/** The number that a text denotes, digit for digit; null for every other text. */
export function decimalOf(text: string): Decimal | null {
  const [, sign, whole, fraction = ''] = pattern.exec(text) ?? [];
  if (whole === undefined) return null;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, digits: fraction.length };
}

export function plus(a: Decimal, b: Decimal): Decimal {
  const digits = Math.max(a.digits, b.digits);
  return { units: scaled(a, digits) + scaled(b, digits), digits };
}

export function minus(a: Decimal, b: Decimal): Decimal {
  return plus(a, { units: -b.units, digits: b.digits });
}

export function sum(numbers: Iterable<Decimal>): Decimal {
  let total = zero;
  for (const number of numbers) total = plus(total, number);
  return total;
}

/** With all of its digits, zeros included. */
export function decimalText({ units, digits }: Decimal): string {
  const text = String(units < 0n ? -units : units).padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${units < 0n ? '-' : ''}${text.slice(0, point)}${digits === 0 ? '' : `.${text.slice(point)}`}`;
}

/** Without trailing zeros in its fraction. */
export function plainText(number: Decimal): string {
  const digits = usedDigits(number);
  return decimalText({ units: number.units / 10n ** BigInt(number.digits - digits), digits });
}

/** How many digits its fraction has without trailing zeros: 1.500 has one. */
export function usedDigits({ units, digits }: Decimal): number {
  let left = units;
  let used = digits;
  while (used > 0 && left % 10n === 0n) {
    left /= 10n;
    used--;
  }
  return used;
}

/** Whether its absolute value is below so many units of that digit after the decimal point. */
export function isBelow(number: Decimal, units: bigint, digit: number): boolean {
  const digits = Math.max(number.digits, digit);
  const its = scaled(number, digits);
  return (its < 0n ? -its : its) < units * 10n ** BigInt(digits - digit);
}

function scaled({ units, digits }: Decimal, to: number): bigint {
  return units * 10n ** BigInt(to - digits);
}
