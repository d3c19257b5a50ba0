import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SandboxExchange } from '../../sandbox/exchange.ts';
import { firstUseOf } from '../../sandbox/first-use.ts';

const folder = mkdtempSync(join(tmpdir(), 'same-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dayMs = 86_400_000;
const endMs = Date.UTC(2026, 10, 20, 12);

function historyAt(nowMs: number): readonly (readonly [string, string])[] {
  const exchange = new SandboxExchange({ seed: 5, now: () => nowMs, switches: {} });
  const { name } = exchange.addAccount();
  exchange.addCaptured(name, endMs);
  exchange.generate(name, {
    spotTrades: 300,
    futuresTrades: 200,
    futuresFlows: 80,
    withdrawals: 60,
    deposits: 60,
    endMs,
  });
  return exchange.truth(name).map(({ stream, id, row }) => [`${stream}/${id}`, JSON.stringify(row)] as const);
}

test('the same seed makes the same records at another time, but for withdrawals that have arrived meanwhile', () => {
  const [first, later] = [historyAt(endMs), historyAt(endMs + 9 * dayMs)];
  expect(later.map(([id]) => id)).toEqual(first.map(([id]) => id));
  const changed = first.filter(([, row], place) => row !== later[place]?.[1]);
  for (const [id] of changed) expect(id).toMatch(/^withdrawals/);
  expect(changed.length).toBeLessThan(5);
});

test('a sandbox that is started again goes on with the history of its first start; others have their own', () => {
  process.env.XDG_CACHE_HOME = folder;
  try {
    expect(firstUseOf({ seed: 1, days: 90 }, endMs)).toBe(endMs);
    expect(firstUseOf({ seed: 1, days: 90 }, endMs + dayMs)).toBe(endMs);
    expect(firstUseOf({ seed: 2, days: 90 }, endMs + dayMs)).toBe(endMs + dayMs);
  } finally {
    delete process.env.XDG_CACHE_HOME;
  }
});
