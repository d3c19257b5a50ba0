import { expect, test } from 'vitest';
import { Sendings } from '../../src/bitmart/sendings.ts';
import { VirtualTime } from '../history/virtual-time.ts';
import { Random } from '../simulation/random.ts';

const { signal } = new AbortController();
const limits = { callsIn2Seconds: 12, leastMs: 1 };

/** The most of sorted instants within any two seconds. */
function densest(times: readonly number[]): number {
  return Math.max(...times.map((from, i) => times.slice(i).filter((at) => at < from + 2_000).length));
}

test('requests that wait on their way and arrive in a bunch never exceed the limit in any two seconds', async () => {
  const time = new VirtualTime();
  const sendings = new Sendings(() => time.nowMs, time.sleep);
  const random = new Random(1);
  const arrivedMs: number[] = [];
  // As if every slot had come at once, over a network that holds some back for up to a second.
  const requests = Array.from({ length: 40 }, async () => {
    const over = await sendings.next(limits, signal);
    await time.sleep(random.chance(0.3) ? random.between(200, 1_000) : 20);
    arrivedMs.push(time.nowMs);
    await time.sleep(20);
    over();
  });
  await time.through(Promise.all(requests));
  expect(densest(arrivedMs.toSorted((a, b) => a - b))).toBeLessThanOrEqual(12);
});

test('even requests over a slow but steady network do not wait', async () => {
  let nowMs = 0;
  const sendings = new Sendings(() => nowMs);
  const underWay: { readonly endMs: number; readonly over: () => void }[] = [];
  for (let i = 0; i < 100; i++) {
    nowMs = i * 186;
    for (const { over } of underWay.splice(
      0,
      underWay.findIndex(({ endMs }) => endMs > nowMs),
    ))
      over();
    const over = await sendings.next({ callsIn2Seconds: 12, leastMs: 176 }, signal);
    underWay.push({ endMs: nowMs + 800, over });
    expect(nowMs).toBe(i * 186);
  }
});
