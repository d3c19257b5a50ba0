import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore, type Database, loadParts } from '../../src/database/index.ts';
import type { HeldRow } from '../../src/history/ports.ts';
import type { MappedRow, Page, ServedRow } from '../../src/history/stream.ts';
import { claiming, pageOf, partOf, spotTrades, startMs, trade, unreadable } from './records.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

/** Few records in few versions, so that pages overlap, repeat, change and contradict one another. */
const servedRow: fc.Arbitrary<ServedRow> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .record({
        number: fc.nat(12),
        fee: fc.constantFrom('0.1', '0.10', null),
        price: fc.constantFrom('5', '5', '5', '5', '6'),
      })
      .map(({ number, fee, price }) => trade(number, { fee, price })),
  },
  { weight: 1, arbitrary: fc.constantFrom('{"a":1}', '{"b":2}').map((raw) => unreadable(raw)) },
);

const somePage: fc.Arbitrary<Page> = fc
  .record({ rows: fc.array(servedRow, { maxLength: 10 }), from: fc.nat(9), length: fc.integer({ min: 1, max: 9 }) })
  .map(({ rows, from, length }) => {
    const core = { from: startMs + from * 1000, to: startMs + (from + length) * 1000 };
    return pageOf(rows, { question: { part: 'all', core } });
  });

test('any pages in any order leave the rows, counts and witnesses that a plain map would', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(somePage, { minLength: 1, maxLength: 8 }), async (pages) => {
      const accountId = `model-${run++}`;
      const part = partOf(accountId, spotTrades);
      const store = createPostgresStore(database, { gapsOf: () => [] });
      const { fence } = await store.openPart(part);
      const model = new Map<string, MappedRow>();
      const aside = new Set<string>();

      for (const page of pages) {
        let seen: readonly HeldRow[] = [];
        const { decision } = await store.commitPage(part, fence, page, (state, held) => {
          seen = held;
          return claiming(page)(state, held);
        });
        expect(byKey(seen)).toEqual(byKey(heldIn(model, page)));
        for (const row of [...decision.insert, ...decision.change]) model.set(row.key, row);
        for (const row of decision.quarantine) aside.add(row.reason + row.raw);
      }

      const { rows } = await sql<{ raw: string; digest: string; fee: string | null }>`
        select raw, digest, fee from spot_trade where account_id = ${accountId} order by traded_at`.execute(
        database.kysely,
      );
      const expected = [...model.values()].sort((a, b) => a.at - b.at);
      expect(rows).toEqual(expected.map(({ raw, digest, values }) => ({ raw, digest, fee: values[7] })));
      expect((await loadParts(database, accountId))[0]?.state.rowCount).toBe(model.size);
      const quarantined = await sql`select 1 from quarantined_row where account_id = ${accountId}`.execute(
        database.kysely,
      );
      expect(quarantined.rows).toHaveLength(aside.size);
    }),
    { numRuns: 40 },
  );
});

function heldIn(model: ReadonlyMap<string, MappedRow>, page: Page): readonly HeldRow[] {
  const { core } = page.question;
  const served = new Set(page.rows.flatMap((row) => (row.kind === 'row' ? [row.key] : [])));
  return [...model.values()]
    .filter((row) => served.has(row.key) || (row.at >= core.from && row.at < core.to))
    .map(({ key, at, digest, fixedDigest }) => ({
      key,
      at,
      digest,
      fixedDigest,
      splitValue: null,
      changedAtMs: page.clockMs,
    }));
}

function byKey(rows: readonly HeldRow[]): readonly HeldRow[] {
  return [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
}
