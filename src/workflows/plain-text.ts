/** A label is a user's text, and Temporal renders Markdown: the label must not become a link or a heading. */
export function plain(text: string): string {
  return text.slice(0, 80).replace(/[^\p{L}\p{N} .,_'@-]/gu, '·');
}
