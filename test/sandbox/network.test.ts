import { expect, test } from 'vitest';
import { type Network, passageOf } from '../../sandbox/network.ts';
import { Random } from '../../sandbox/random.ts';
import { startSandbox } from '../../sandbox/server.ts';

const far: Network = { medianMs: 250, p99Ms: 1_500, resets: 0.001, slowAnswers: 0.002 };

test('latencies have the median and the 99th percentile that are asked for, resets and slow answers their shares', () => {
  const random = new Random(1, 'passages');
  const passages = Array.from({ length: 50_000 }, () => passageOf(far, random));
  const latencies = passages.map(({ thereMs, backMs }) => thereMs + backMs).sort((a, b) => a - b);
  expect(latencies[25_000]).toBeGreaterThan(235);
  expect(latencies[25_000]).toBeLessThan(265);
  expect(latencies[49_500]).toBeGreaterThan(1_350);
  expect(latencies[49_500]).toBeLessThan(1_650);
  const waysThere = passages.map(({ thereMs }) => thereMs);
  expect(Math.max(...waysThere) - Math.min(...waysThere)).toBeLessThanOrEqual(100);
  const count = (isWanted: (passage: (typeof passages)[number]) => boolean) => passages.filter(isWanted).length;
  expect(Math.abs(count(({ isReset }) => isReset) - 50)).toBeLessThan(30);
  expect(Math.abs(count(({ bytesPerSecond }) => bytesPerSecond === 16_384) - 100)).toBeLessThan(40);
});

test('a request waits on its way there and back, a slow answer trickles in, and a reset has no answer', async () => {
  const sandbox = await startSandbox({ switches: { network: { medianMs: 80, p99Ms: 100 } } });
  const askedWithin = async () => {
    const startedMs = performance.now();
    const text = await (await fetch(`${sandbox.url}/contract/public/details`)).text();
    return { ms: performance.now() - startedMs, text };
  };
  const whole = await askedWithin();
  expect(whole.ms).toBeGreaterThan(60);
  const slowBytesPerSecond = Math.ceil(whole.text.length / 0.4);
  sandbox.exchange.setSwitches({ network: { medianMs: 1, p99Ms: 2, slowAnswers: 1, slowBytesPerSecond } });
  const slow = await askedWithin();
  const dataOf = ({ text }: typeof slow) => JSON.parse(text).data;
  expect(dataOf(slow)).toEqual(dataOf(whole));
  expect(slow.ms).toBeGreaterThan(350);
  const before = sandbox.exchange.log.length;
  sandbox.exchange.setSwitches({ network: { medianMs: 1, p99Ms: 2, resets: 1 } });
  await expect(askedWithin()).rejects.toThrow();
  expect(sandbox.exchange.log.length).toBeGreaterThan(before);
  await sandbox.close();
});
