/**
 * A text from outside (a user's label, the exchange's words) as a terminal or a page may show it: control characters could
 * move the cursor or colour what follows, and marks of writing direction could turn it around.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '·').toWellFormed();
}
