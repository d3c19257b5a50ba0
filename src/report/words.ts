import { en } from '../texts/en.ts';

/** A stream as its users call it: `Spot trades`. */
export function streamTitle(stream: string): string {
  return en.streams[stream] ?? stream;
}

/** The same within a sentence, without what a colon explains: `spot trades`, `savings`. */
export function inSentence(stream: string): string {
  const [title = ''] = streamTitle(stream).split(':');
  return title.charAt(0).toLowerCase() + title.slice(1);
}

/** `deposits, withdrawals and spot trades` */
export function listOf(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  return new Intl.ListFormat('en-GB', { type: last === 'and' ? 'conjunction' : 'disjunction' }).format(words);
}

/** `28 August`, or `28 August, 12:34 UTC` within a day. */
export function dayAndTime(instantMs: number): string {
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(instantMs);
  return instantMs % 86_400_000 === 0 ? day : `${day}, ${new Date(instantMs).toISOString().slice(11, 16)} UTC`;
}

/** The label that the user gave, or both ends of the id. */
export function accountTitle({
  label,
  accountId,
}: {
  readonly label: string | null;
  readonly accountId: string;
}): string {
  if (label !== null && label.trim() !== '') return label;
  return accountId.length <= 12 ? accountId : `${accountId.slice(0, 5)}…${accountId.slice(-4)}`;
}
