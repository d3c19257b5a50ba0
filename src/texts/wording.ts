/** A day in UTC, as the exchange counts days, formatted for a language. */
export function dayIn(tag: string): (instantMs: number) => string {
  return (instantMs) =>
    new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(instantMs));
}

/** ` (203.0.113.7, 203.0.113.8)`; empty if there are none. */
export function inBrackets(texts: readonly string[]): string {
  return texts.length === 0 ? '' : ` (${texts.join(', ')})`;
}

export function minute(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function isoDay(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 10);
}
