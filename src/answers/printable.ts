/**
 * A text from outside (a user's label, the exchange's words) as a terminal or a page may show it: control characters could
 * move the cursor or colour what follows, marks of writing direction could turn it around, and characters without width could
 * make two different texts look like one.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·').toWellFormed();
}
