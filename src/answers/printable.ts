/**
 * A text from outside (a user's label, the exchange's message), made safe for a terminal or a page: control characters could
 * move the cursor or colour what follows, bidirectional marks could reverse it, and zero-width characters could make two
 * different texts look the same.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·').toWellFormed();
}
