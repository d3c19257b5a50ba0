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

test('a first request that arrives late, from a process or network that just starts, is not followed too closely', async () => {
  const time = new VirtualTime();
  const sendings = new Sendings(() => time.nowMs, time.sleep);
  const waysMs = [900, 600, 300, 0];
  const arrivedMs: number[] = [];
  const sent = (async () => {
    for (const wayMs of waysMs) {
      const over = await sendings.next({ callsIn2Seconds: 1, leastMs: 2_223 }, signal);
      await time.sleep(wayMs);
      arrivedMs.push(time.nowMs);
      await time.sleep(20);
      over();
    }
  })();
  await time.through(sent);
  expect(densest(arrivedMs)).toBe(1);
});

test('even requests over a slow but steady network do not wait once its round trips are known', async () => {
  const time = new VirtualTime();
  const sendings = new Sendings(() => time.nowMs, time.sleep);
  const waitsMs: number[] = [];
  const requests = Array.from({ length: 130 }, async (_, i) => {
    // The first ones are so far apart that they wait for nothing.
    await time.sleep(i < 30 ? i * 1_000 : 30_000 + i * 186);
    const dueMs = time.nowMs;
    const over = await sendings.next({ callsIn2Seconds: 12, leastMs: 176 }, signal);
    waitsMs.push(time.nowMs - dueMs);
    await time.sleep(800);
    over();
  });
  await time.through(Promise.all(requests));
  expect(Math.max(...waitsMs)).toBe(0);
});

test('says how many of our calls may have been counted together, whatever the ways there did', async () => {
  const time = new VirtualTime();
  const sendings = new Sendings(() => time.nowMs, time.sleep);
  const ours: number[] = [];
  const call = async (i: number, atMs: number) => {
    await time.sleep(atMs);
    const over = await sendings.next({ callsIn2Seconds: 12, leastMs: 176 }, signal);
    await time.sleep({ 0: 300, 13: 1_000 }[i] ?? 250);
    ours[i] = over();
  };
  // The shortest way is known from calls long before.
  await time.through(Promise.all(Array.from({ length: 30 }, (_, i) => call(30 + i, i * 1_000))));
  await time.through(Promise.all(Array.from({ length: 16 }, (_, i) => call(i, 60_000 + i * 186))));
  // The first was slow, so the twelfth may have been counted within two seconds of it; the fourteenth was overtaken by two.
  expect(ours.slice(0, 16)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 11, 13, 11, 11]);
});
