import type pg from 'pg';
import { unitOf } from '../history/horizon.ts';
import { quarantineReason } from '../history/quarantine-reason.ts';
import type { Range } from '../history/range-set.ts';
import type { RecordTable, Stream } from '../history/stream.ts';
import { quarantineId } from './quarantine.ts';
import { columnOf, identifier, keyColumns, replacedColumns } from './record-statements.ts';
import { storedKey } from './record-values.ts';

export interface RecordMove {
  readonly from: string;
  readonly into: string;
  /** The revision of everything that changes in the surviving account. */
  readonly revision: number;
}

export interface MovedRecords {
  readonly moved: number;
  /** Equal records that both accounts held: one of each is kept. */
  readonly dropped: number;
  /** The units of records that share an identity and differ in what never changes, by part: both are kept. */
  readonly conflicts: readonly { readonly part: string; readonly unit: Range }[];
}

/** Moves one stream's records to the surviving account. The caller holds every part of both, so no record is written. */
export async function mergeRecords(client: pg.PoolClient, stream: Stream, move: RecordMove): Promise<MovedRecords> {
  const { table } = stream;
  const conflicts = await setConflictsAside(client, stream, move);
  await keepNewerVersions(client, stream, move);
  await fillSnapshots(client, table, move);
  const dropped = await client.query({ text: dropStatement(table), values: [move.from, move.into] });
  const moved = await client.query({
    text: `update ${identifier(table.name)} set account_id = $2, revision = $3 where account_id = $1`,
    values: [move.from, move.into, move.revision],
  });
  return { moved: moved.rowCount ?? 0, dropped: dropped.rowCount ?? 0, conflicts };
}

const conflictReason = quarantineReason('identity-conflict');

async function setConflictsAside(
  client: pg.PoolClient,
  stream: Stream,
  { from, into }: RecordMove,
): Promise<MovedRecords['conflicts']> {
  const { table } = stream;
  const { rows } = await client.query<Record<string, unknown> & ConflictingRow>({
    text: `delete from ${identifier(table.name)} as mine using ${identifier(table.name)} as held
where mine.account_id = $1 and held.account_id = $2 and ${sameRecord(table)} and mine.fixed_digest <> held.fixed_digest
returning ${table.identity.map((name) => `mine.${identifier(name)}`).join(', ')}, mine.${identifier(table.timeColumn)} as held_at,
  mine.page_id, mine.raw::text as raw_text, ${table.hasPart ? 'mine.part' : `'${stream.parts[0]}'::text as part`}`,
    values: [from, into],
  });
  for (const row of rows) {
    const { part, held_at: heldAt, page_id: pageId, raw_text: raw } = row;
    const id = quarantineId({ accountId: into, stream, part }, conflictReason, raw);
    await client.query({
      text: `insert into quarantined_row (account_id, quarantine_id, stream, part, page_id, row_key, row_at, reason, raw)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (account_id, quarantine_id) do nothing`,
      values: [into, id, stream.name, part, pageId, storedKey(table, row), heldAt, conflictReason, raw],
    });
  }
  return rows.map(({ part, held_at: heldAt }) => ({ part, unit: unitOf(heldAt.getTime(), stream.unitMs) }));
}

interface ConflictingRow {
  readonly part: string;
  readonly held_at: Date;
  readonly page_id: string;
  readonly raw_text: string;
}

/**
 * Each account may hold another version of a record that changes (a withdrawal's status): the version served later stays, the
 * other is kept as its earlier version.
 */
async function keepNewerVersions(client: pg.PoolClient, stream: Stream, move: RecordMove): Promise<void> {
  const { table } = stream;
  const name = identifier(table.name);
  const both = `from ${name} as mine
join ${name} as held on held.account_id = $2 and ${sameRecord(table)}
left join page as my_page on my_page.account_id = $1 and my_page.page_id = mine.page_id
left join page as held_page on held_page.account_id = $2 and held_page.page_id = held.page_id
where mine.account_id = $1 and mine.digest <> held.digest and mine.fixed_digest = held.fixed_digest`;
  const mineIsNewer = 'coalesce(my_page.exchange_clock > held_page.exchange_clock, false)';
  const key = `concat_ws(chr(31), ${table.identity.map((column) => keyText(table, column)).join(', ')})`;
  const part = table.hasPart ? 'held.part' : `'${stream.parts[0]}'::text`;
  const older = (column: string) => `case when ${mineIsNewer} then held.${column} else mine.${column} end`;
  await client.query({
    text: `insert into record_version (account_id, stream, part, record_key, version, digest, page_id, replaced_by, raw)
select $2, $3, ${part}, ${key}, ${older('version')}, ${older('digest')}, ${older('page_id')},
       case when ${mineIsNewer} then mine.page_id else held.page_id end, ${older('raw')}
${both}
on conflict do nothing`,
    values: [move.from, move.into, stream.name],
  });
  // Once known, a snapshot is not replaced.
  const own = replacedColumns(table).flatMap(({ name: column, snapshot }) => (snapshot ? [] : [column]));
  const replaced = [...own, 'page_id', 'digest', 'fixed_digest', 'raw'].map(identifier);
  await client.query({
    text: `update ${name} as kept
set ${replaced.map((column) => `${column} = newer.${column}`).join(', ')},
    version = greatest(kept.version, newer.version) + 1, revision = $3
from (select mine.* ${both} and ${mineIsNewer}) as newer
where kept.account_id = $2 and ${sameRecord(table, 'newer', 'kept')}`,
    values: [move.from, move.into, move.revision],
  });
}

/** What comes from elsewhere when a row is first stored may be known to one of the two accounts only. */
async function fillSnapshots(client: pg.PoolClient, table: RecordTable, move: RecordMove): Promise<void> {
  const snapshots = table.columns.filter((column) => column.snapshot).map((column) => identifier(column.name));
  if (snapshots.length === 0) return;
  const name = identifier(table.name);
  await client.query({
    text: `update ${name} as held
set ${snapshots.map((column) => `${column} = coalesce(held.${column}, mine.${column})`).join(', ')}, revision = $3
from ${name} as mine
where mine.account_id = $1 and held.account_id = $2 and ${sameRecord(table)}
  and (${snapshots.map((column) => `held.${column} is null and mine.${column} is not null`).join(' or ')})`,
    values: [move.from, move.into, move.revision],
  });
}

/** One column of a record's key, as `storedKey` writes it. */
function keyText(table: RecordTable, column: string): string {
  const held = `held.${identifier(column)}`;
  const { type } = columnOf(table, column);
  if (type === 'timestamptz') return `to_char(${held} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return type === 'numeric' ? `trim_scale(${held})::text` : `${held}::text`;
}

function dropStatement(table: RecordTable): string {
  const name = identifier(table.name);
  return `delete from ${name} as mine using ${name} as held
where mine.account_id = $1 and held.account_id = $2 and ${sameRecord(table)}`;
}

/** The same identity, in the same part. */
function sameRecord(table: RecordTable, mine = 'mine', held = 'held'): string {
  const columns = keyColumns(table).map((column) => identifier(column.name));
  return columns.map((column) => `${mine}.${column} = ${held}.${column}`).join(' and ');
}
