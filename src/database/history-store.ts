import { FenceLost, type HistoryStore, type PartReference } from '../history/ports.ts';
import type { Database } from './database.ts';
import { addPart, dropMergedPart, lockPart, takePart } from './page-statements.ts';
import { commitPage } from './page-store.ts';
import { partStateOf } from './part-row.ts';
import { lockedPart, noteGapNews, recordScopeOf, type StoreOptions, scopeOf, writeState } from './part-store.ts';
import { recordStatements } from './record-statements.ts';
import { OtherRowsStored } from './record-store.ts';
import type { CoverageRow } from './schema.ts';
import { inTransaction } from './transaction.ts';

/**
 * History in Postgres. A page is one transaction of at most five statements in three round trips, whatever its number of
 * rows: lock the part and check the fence, read the rows held; keep the page, write the part's state and gaps, merge; commit.
 */
export function createPostgresStore(database: Database, options: StoreOptions): HistoryStore {
  return {
    async openPart(part) {
      const values = [...scopeOf(part), part.stream.mappingVersion];
      const taken = await database.pool.query<TakenPart>({ ...takePart, values });
      const row = taken.rows[0] ?? (await newPart(database, part));
      return { fence: row.fence, state: partStateOf(row), hasReplays: row.has_replays };
    },

    async commitPage(part, fence, page, decide) {
      const commit = { part, fence, page, decide };
      try {
        return await inTransaction(database, (client) => commitPage(client, options, { ...commit, held: 'by-time' }));
      } catch (error) {
        if (!isUniqueViolation(error) && !(error instanceof OtherRowsStored)) throw error;
        // A record that is stored with another time is served again: every row has to be looked up by its identity.
        return await inTransaction(database, (client) =>
          commitPage(client, options, { ...commit, held: 'by-identity' }),
        );
      }
    },

    changePart(part, fence, change) {
      return inTransaction(database, async (client) => {
        const { state: before } = await lockedPart(client, part, fence);
        const after = change(before);
        if (after !== before) {
          const gapNews = await writeState(client, options, {
            part,
            fence,
            state: after,
            confirmedAtMs: null,
            tail: null,
          });
          await noteGapNews(client, part, gapNews);
        }
        return after;
      });
    },

    refreshGaps(part) {
      return inTransaction(database, async (client) => {
        const { rows } = await client.query<CoverageRow>({ ...lockPart, values: scopeOf(part) });
        const [row] = rows;
        if (row === undefined) return;
        const change = { part, fence: row.fence, state: partStateOf(row), confirmedAtMs: null, tail: null };
        await noteGapNews(client, part, await writeState(client, options, change));
      });
    },

    async knownValues(part, column) {
      const found = recordStatements(part.stream.table).knownValues(column);
      const { rows } = await database.pool.query<{ value: string }>({ ...found, values: recordScopeOf(part) });
      return rows.map((row) => row.value);
    },

    async changingRecords(part) {
      const { final } = part.stream.table;
      const found = recordStatements(part.stream.table).changing;
      if (found === null || final === null) return [];
      const values = [...recordScopeOf(part), final.values];
      const { rows } = await database.pool.query<{ held_at: Date }>({ ...found, values });
      return rows.map((row) => row.held_at.getTime());
    },
  };
}

type TakenPart = CoverageRow & { readonly has_replays: boolean };

/** Throws FenceLost where the account has gone up in another one meanwhile: that one is read by its own workflow. */
async function newPart(database: Database, part: PartReference): Promise<TakenPart> {
  const values = [...scopeOf(part), part.stream.mappingVersion];
  const { rows } = await database.pool.query<TakenPart>({ ...addPart, values });
  const dropped = await database.pool.query({ ...dropMergedPart, values: [part.accountId] });
  if (dropped.rowCount !== 0) throw new FenceLost(part);
  return rows[0] as TakenPart;
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}
