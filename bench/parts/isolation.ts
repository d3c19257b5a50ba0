import { connectDatabase, createPostgresStore, type Database } from '../../src/database/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { judgePage } from '../../src/history/judge-page.ts';
import type { PartReference } from '../../src/history/ports.ts';
import { defaultReadSettings } from '../../src/history/settings.ts';
import type { Page } from '../../src/history/stream.ts';
import { atLeast, type PartReport } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import { servedPages } from './merge.ts';

const runs = 9;

/** The page transaction as the worker's role under row-level security, beside the same without either; they take turns page by page. */
export async function measureIsolation(surroundings: Surroundings): Promise<PartReport> {
  const [plain, guarded] = [await surroundings.database(1), await surroundings.database(1)];
  await withoutPolicies(plain);
  const worker = connectDatabase({ url: guarded.url, role: 'worker', poolSize: 1 });
  const { stream, full } = await servedPages(surroundings);
  const settings = defaultReadSettings;
  const sides = [plain, worker].map((database) => {
    const store = createPostgresStore(database, { gapsOf: (state, part) => gapsOf(state, part.stream, Date.now()) });
    const commit = (part: PartReference, fence: number, page: Page) =>
      store.commitPage(part, fence, page, (state, held) => judgePage(page, state, held, { stream, settings }));
    return { database, store, commit };
  });
  const rows = full.reduce((total, page) => total + page.rows.length, 0);
  const rates: [number[], number[]] = [[], []];
  for (let run = -1; run < runs; run++) {
    const part = { accountId: `account${run}`, stream, part: 'all' };
    const fences: number[] = [];
    for (const { database, store } of sides) {
      await database.pool.query(`insert into account (account_id, owner_id, status) values ($1, 'bench', 'live')`, [
        part.accountId,
      ]);
      fences.push((await store.openPart(part)).fence);
    }
    const elapsedMs: [number, number] = [0, 0];
    for (const [at, page] of full.entries()) {
      // Who goes first changes, so that neither always finds the other's caches.
      for (const side of at % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const startedMs = performance.now();
        await sides[side]?.commit(part, fences[side] as number, page);
        elapsedMs[side] += performance.now() - startedMs;
      }
    }
    // The first one warms up.
    if (run >= 0) for (const side of [0, 1] as const) rates[side].push((rows * 1_000) / elapsedMs[side]);
  }
  await worker.close();
  return {
    part: 'isolation',
    setting: `${full.length} pages (${rows} rows) a run, one connection each, one transaction a page; the two take turns page by page.`,
    figures: [
      { name: 'page transaction without policies', unit: 'rows/s', values: rates[0] },
      { name: 'page transaction as the worker', unit: 'rows/s', values: rates[1] },
    ],
    targets: [
      atLeast(
        'policies cost a page at most 3 %',
        rates[1].map((rate, run) => rate / (rates[0][run] as number)),
        0.97,
      ),
    ],
  };
}

async function withoutPolicies({ pool, schema }: Database): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = $1::regnamespace and relrowsecurity`,
    [schema],
  );
  for (const { name } of rows) {
    await pool.query(`alter table ${name} disable row level security, no force row level security`);
  }
}
