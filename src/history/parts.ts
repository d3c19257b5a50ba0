import type { Stream } from './stream.ts';

/**
 * The streams of one account. If the parts are pairs (`Stream.pairsOf`), they are those that were opened for it: one for each
 * pair that its records name. Other streams have the same parts in every account.
 */
export function streamsOf(
  streams: readonly Stream[],
  opened: readonly { readonly stream: string; readonly part: string }[],
): readonly Stream[] {
  return streams.map((stream) => {
    if (stream.pairsOf === undefined) return stream;
    return { ...stream, parts: opened.flatMap(({ stream: name, part }) => (name === stream.name ? [part] : [])) };
  });
}

/** How many parts of a stream an account has, if so many of them are stored. */
export function partCount(stream: Stream, stored: number): number {
  return stream.pairsOf === undefined ? stream.parts.length : stored;
}

/** The name of a pair's part: `borrow-BTC_USDT`. */
export function partOfPair(kind: string, pair: string): string {
  return `${kind}-${pair}`;
}

/** The kind and the pair of such a part. */
export function pairOf(part: string): { readonly kind: string; readonly pair: string } {
  const [kind = '', ...pair] = part.split('-');
  return { kind, pair: pair.join('-') };
}
