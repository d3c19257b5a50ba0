/** A decimal number as a whole number of its smallest digit, because amounts never pass through a floating point number. */
export interface Decimal {
  readonly units: bigint;
  readonly digits: number;
}

export const zero: Decimal = { units: 0n, digits: 0 };

export function plus(a: Decimal, b: Decimal): Decimal {
  const digits = Math.max(a.digits, b.digits);
  const scaled = (number: Decimal) => number.units * 10n ** BigInt(digits - number.digits);
  return { units: scaled(a) + scaled(b), digits };
}

export function minus(a: Decimal, b: Decimal): Decimal {
  return plus(a, { units: -b.units, digits: b.digits });
}

export function decimalText({ units, digits }: Decimal): string {
  if (digits === 0) return String(units);
  const text = String(units < 0n ? -units : units).padStart(digits + 1, '0');
  return `${units < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function decimalOf(text: string): Decimal {
  const [whole = '0', fraction = ''] = text.split('.');
  return { units: BigInt(whole + fraction), digits: fraction.length };
}

/** Their product with so many digits; what is beyond them is cut off, not rounded, as on the exchange. */
export function product(digits: number, ...factors: readonly Decimal[]): Decimal {
  const exact = factors.reduce((product, factor) => product * factor.units, 1n);
  const exactDigits = factors.reduce((sum, factor) => sum + factor.digits, 0);
  if (exactDigits <= digits) return { units: exact * 10n ** BigInt(digits - exactDigits), digits };
  return { units: exact / 10n ** BigInt(exactDigits - digits), digits };
}

/** With so many digits; what is beyond them is cut off. */
export function fixedText(number: Decimal, digits: number): string {
  return decimalText(product(digits, number));
}
