import { FenceLost, type HistoryStore, type PartReference } from '../history/ports.ts';
import { commitPage } from './commit-page.ts';
import type { Database } from './database.ts';
import { partStateOf } from './part-row.ts';
import {
  lockedPart,
  lockPart,
  type PartScope,
  recordScopeOf,
  replaceState,
  type StoreOptions,
  scopeOf,
} from './part-store.ts';
import { changingStatement, knownValuesStatement } from './record-statements.ts';
import { OtherRowsStored } from './record-store.ts';
import type { CoverageRow } from './schema.ts';
import { namedStatement } from './statement.ts';
import { stillThereText } from './still-there.ts';
import { inTransaction } from './transaction.ts';

/**
 * History in Postgres: a page is one transaction ({@link commitPage}).
 */
export function createPostgresStore(database: Database, options: StoreOptions): HistoryStore {
  return {
    async openPart(part) {
      const taken = await database.pool.query<TakenPart>(takePart.bind(openedPart(part)));
      const row = taken.rows[0] ?? (await newPart(database, part));
      return { fence: row.fence, state: partStateOf(row), hasReplays: row.has_replays };
    },

    async commitPage(part, fence, page, decide) {
      const commit = { part, fence, page, decide };
      try {
        return await inTransaction(database, (client) => commitPage(client, options, { ...commit, held: 'by-time' }));
      } catch (error) {
        if (!isUniqueViolation(error) && !(error instanceof OtherRowsStored)) throw error;
        // A stored record was served with another time, so every row is looked up by its identity.
        return await inTransaction(database, (client) =>
          commitPage(client, options, { ...commit, held: 'by-identity' }),
        );
      }
    },

    changePart(part, fence, change) {
      return inTransaction(database, async (client) => {
        const { state: before } = await lockedPart(client, part, fence);
        const after = change(before);
        if (after !== before) await replaceState(client, options, { part, fence, state: after });
        return after;
      });
    },

    refreshGaps(part) {
      return inTransaction(database, async (client) => {
        const { rows } = await client.query<CoverageRow>(lockPart.bind(scopeOf(part)));
        const [row] = rows;
        if (row === undefined) return;
        await replaceState(client, options, { part, fence: row.fence, state: partStateOf(row) });
      });
    },

    async knownValues(part, column) {
      const found = { ...knownValuesStatement(part.stream.table, column), values: recordScopeOf(part) };
      const { rows } = await database.pool.query<{ value: string }>(found);
      return rows.map((row) => row.value);
    },

    async changingRecords(part) {
      const { table } = part.stream;
      if (table.final === null) return [];
      const values = [...recordScopeOf(part), table.final.values];
      const changing = { ...changingStatement(table, table.final.column), values };
      const { rows } = await database.pool.query<{ held_at: Date }>(changing);
      return rows.map((row) => row.held_at.getTime());
    },
  };
}

type TakenPart = CoverageRow & { readonly has_replays: boolean };

/** Throws FenceLost if the account was erased or merged into another one meanwhile, which its own workflow reads. */
async function newPart(database: Database, part: PartReference): Promise<TakenPart> {
  const { rows } = await database.pool.query<TakenPart>(addPart.bind(openedPart(part)));
  const [taken] = rows;
  if (taken === undefined) throw new FenceLost(part);
  return taken;
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}

interface OpenedPart extends PartScope {
  readonly mapping_version: number;
}

function openedPart(part: PartReference): OpenedPart {
  return { ...scopeOf(part), mapping_version: part.stream.mappingVersion };
}

/** Whether the current mapping may read rows that an earlier one could not, or read differently. */
const hasReplays = `(exists (
  select from quarantined_row
  where account_id = :account_id and stream = :stream and part = :part and resolved_at is null
    and mapping_version <> :mapping_version
) or exists (
  select from page where account_id = :account_id and stream = :stream and part = :part and is_outdated
)) as has_replays`;

const takePart = namedStatement<OpenedPart>(
  'take-part',
  `update coverage set fence = fence + 1 where account_id = :account_id and stream = :stream and part = :part
returning *, ${hasReplays}`,
);

const stillThere = stillThereText(':account_id::text');

/** As `takePart`, for a part that was never opened. The lock makes a concurrent merge of two accounts see this part. */
const addPart = namedStatement<OpenedPart>(
  'add-part',
  `with ${stillThere.lock}
insert into coverage (account_id, stream, part, fence)
select :account_id::text, :stream::text, :part::text, 1 where ${stillThere.holds}
on conflict (account_id, stream, part) do update set fence = coverage.fence + 1
returning *, ${hasReplays}`,
);
