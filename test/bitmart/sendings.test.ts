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
  const underWay: { readonly endMs: number; readonly over: () => number }[] = [];
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

test('says how many of our calls may have been counted together, whatever the ways there did', async () => {
  let nowMs = 0;
  const sendings = new Sendings(() => nowMs);
  const tookMs = (call: number) => ({ 0: 300, 13: 1_000 })[call] ?? 250;
  const calls = Array.from({ length: 16 }, (_, call) => ({ sentMs: call * 186, overMs: call * 186 + tookMs(call) }));
  const overs: (() => number)[] = [];
  const ours: number[] = [];
  for (nowMs = 0; nowMs < 4_000; nowMs++) {
    for (const [call, { overMs }] of calls.entries()) if (overMs === nowMs) ours[call] = overs[call]?.() as number;
    if (calls.some(({ sentMs }) => sentMs === nowMs))
      overs.push(await sendings.next({ callsIn2Seconds: 12, leastMs: 176 }, signal));
  }
  // The first was slow, so the twelfth may have been counted within two seconds of it; the fourteenth was overtaken by two.
  expect(ours).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 11, 13, 11, 11]);
});
