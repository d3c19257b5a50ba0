import { expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { isFull } from '../../src/history/judge-page.ts';
import type { Stream } from '../../src/history/stream.ts';
import { WindowSizer } from '../../src/history/window-sizer.ts';
import { Random } from '../simulation/random.ts';
import { pageOf, rowAt } from './pages.ts';

/** Whatever lies where and in whatever order it is served: windows move on, and a full one is followed by a narrower one. */
test('cutting comes to an end in 800 made-up histories', () => {
  for (let seed = 1; seed <= 800; seed++) {
    const random = new Random(seed);
    const declared = random.pick([streams[0] as Stream, streams[1] as Stream]);
    const stream = { ...declared, cap: random.pick([5, 20, 100]) };
    const times = madeUpTimes(random);
    const order = random.pick(['oldest-first', 'newest-first', 'shuffled', 'any-choice-sorted', 'changing']);
    const endMs = Math.ceil(((times.at(-1) ?? 0) + 9_000) / stream.unitMs) * stream.unitMs;
    const sizer = new WindowSizer(stream, random.chance(0.3) ? random.between(1, endMs) : null);
    const edgeMoves = random.chance(0.3);
    // Fewer than documented, and a reach that ends in the middle of a read that was interrupted for long.
    const servedCap = random.chance(0.3) ? Math.min(50, stream.cap) : stream.cap;
    const edge = { afterFull: random.between(0, 25), ms: random.chance(0.5) ? random.between(0, endMs) : 0 };
    let asks = 0;
    let fullPages = 0;
    for (let from = 0; from < endMs; ) {
      // The reach moves on while answers come, and with it where the oldest window begins.
      if (edgeMoves) from = Math.min(endMs - stream.unitMs, from + stream.unitMs);
      const to = sizer.cut({ from, to: endMs });
      const why = `seed ${seed}: ${from} to ${to} of ${endMs}, asked ${asks} times`;
      expect(to > from && to <= endMs && to % stream.unitMs === 0, why).toBe(true);
      if (fullPages >= edge.afterFull && from < edge.ms) {
        sizer.learnFailed();
        from = to;
        expect(++asks, why).toBeLessThan(400 + times.length * 8);
        continue;
      }
      const found = times.filter((time) => time >= from && time < to);
      const rows = chosen(random, order, found, servedCap).map((time, i) => rowAt(time, `${i}`));
      const full = isFull({ rows }, stream);
      if (full) fullPages++;
      sizer.learn(pageOf(from, to, rows, stream), full);
      // One unit that is full is divided otherwise.
      if (!full || to - from <= stream.unitMs) from = to;
      expect(++asks, why).toBeLessThan(400 + times.length * 8);
    }
  }
});

/** Bursts, many at one instant, and single ones. */
function madeUpTimes(random: Random): number[] {
  const spanMs = random.pick([2_000, 1e6, 1e9]);
  const bursts = Array.from({ length: random.between(1, 12) }, () => random.between(0, spanMs));
  const times = Array.from({ length: random.between(1, 800) }, () =>
    random.chance(0.6)
      ? random.pick(bursts) + random.between(0, random.pick([0, 0, 0, 50, 5_000]))
      : random.between(0, spanMs),
  );
  return times.sort((a, b) => a - b);
}

function chosen(random: Random, order: string, found: readonly number[], cap: number): readonly number[] {
  const now =
    order === 'changing' ? random.pick(['oldest-first', 'newest-first', 'shuffled', 'any-choice-sorted']) : order;
  if (now === 'oldest-first') return found.slice(0, cap);
  if (now === 'newest-first') return found.slice(-cap).reverse();
  const any = random.shuffle(found).slice(0, cap);
  return now === 'any-choice-sorted' ? any.sort((a, b) => a - b) : any;
}
