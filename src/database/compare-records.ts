import type { PartReference } from '../history/ports.ts';
import { intersection, type Range, type RangeSet } from '../history/range-set.ts';
import type { RecordTable, Stream } from '../history/stream.ts';
import { loadParts, type StoredPart } from './coverage.ts';
import type { Database } from './database.ts';
import { multirangeText } from './instants.ts';
import { identifier, scopeColumns } from './record-statements.ts';
import { storedKey } from './record-values.ts';

export interface RecordComparison {
  /** Records that both accounts hold, equal in everything that never changes. */
  readonly equal: number;
  /** Records in the time that both have covered which only one of them holds, or which differ. */
  readonly different: number;
}

/** The newest time may still differ by records that have just appeared. */
const recentMs = 600_000;

/** How many rows are looked up in the other account before all are compared: different accounts differ at once. */
const probedRows = 20;

/**
 * Compares the records of two accounts in the time that both have covered. Accounts that share none of their newest records are
 * told apart by a few lookups; only otherwise is every record compared (before that `equal` is 0 and `different` unknown).
 */
export async function compareRecords(
  database: Database,
  streams: readonly Stream[],
  accounts: readonly [string, string],
): Promise<RecordComparison> {
  const common = await commonParts(database, streams, accounts);
  const probes = await Promise.all(common.map((part) => compare(database, accounts, part, probedRows)));
  if (!probes.some((probe) => probe.equal > 0)) return { equal: 0, different: sum(probes, 'different') };
  const all = await Promise.all(common.map((part) => compare(database, accounts, part, null)));
  return { equal: sum(all, 'equal'), different: sum(all, 'different') };
}

interface CommonPart {
  readonly table: RecordTable;
  readonly part: string;
  /** The ranges that both accounts have covered. */
  readonly ranges: RangeSet;
}

async function commonParts(
  database: Database,
  streams: readonly Stream[],
  [one, other]: readonly [string, string],
): Promise<readonly CommonPart[]> {
  const [parts, others] = await Promise.all([loadParts(database, one), loadParts(database, other)]);
  return parts.flatMap((mine) => {
    const theirs = others.find((candidate) => candidate.stream === mine.stream && candidate.part === mine.part);
    const table = streams.find((stream) => stream.name === mine.stream)?.table;
    if (!theirs || !table) return [];
    const ranges = intersection(intersection(mine.state.covered, theirs.state.covered), [settled(mine, theirs)]);
    return ranges.length > 0 ? [{ table, part: mine.part, ranges }] : [];
  });
}

function settled(...parts: readonly StoredPart[]): Range {
  const readMs = Math.min(...parts.map(({ state }) => state.lastReadAtMs ?? Number.NEGATIVE_INFINITY));
  return { from: Number.NEGATIVE_INFINITY, to: readMs - recentMs };
}

async function compare(
  database: Database,
  [one, other]: readonly [string, string],
  { table, part, ranges }: CommonPart,
  newest: number | null,
): Promise<RecordComparison> {
  const { rows } = await database.pool.query<RecordComparison>({
    text: compareStatement(table, newest !== null),
    values: [
      one,
      other,
      multirangeText(ranges),
      ...(newest === null ? [] : [newest]),
      ...(table.hasPart ? [part] : []),
    ],
  });
  return rows[0] as RecordComparison;
}

/**
 * Parameters: the two accounts, the common ranges, the number of newest rows if only these are looked up, the part if the table
 * has parts. A probe joins from one side only: a few rows, each found by the other side's key.
 */
function compareStatement(table: RecordTable, isProbe: boolean): string {
  const identity = table.identity.map(identifier);
  const time = identifier(table.timeColumn);
  const part = scopeColumns(table).length > 1 ? ` and part = $${isProbe ? 5 : 4}::text` : '';
  const rowsOf = (parameter: number) => `select * from ${identifier(table.name)}
  where account_id = $${parameter}::text${part} and ${time} <@ $3::tstzmultirange`;
  const isEqual = comparedColumns(table)
    .map((name) => `mine.${name} is not distinct from theirs.${name}`)
    .join(' and ');
  const mine = isProbe ? `${rowsOf(1)} order by ${time} desc limit $4` : rowsOf(1);
  return `select count(*) filter (where ${isEqual})::float8 as equal, count(*) filter (where not (${isEqual}))::float8 as different
from (${mine}) as mine
${isProbe ? 'left' : 'full'} join (${rowsOf(2)}) as theirs on ${identity.map((name) => `mine.${name} = theirs.${name}`).join(' and ')}`;
}

/** A record that may still change is compared by what never changes; any other by everything that was served. */
function comparedColumns(table: RecordTable): readonly string[] {
  const own = table.columns.filter((column) => !column.snapshot).map((column) => column.name);
  const names = table.final === null ? own : [...table.identity, ...table.fixed];
  return names.map(identifier);
}

function sum(comparisons: readonly RecordComparison[], count: keyof RecordComparison): number {
  return comparisons.reduce((total, comparison) => total + comparison[count], 0);
}

/** A stored row that the right account's key must be able to read again. */
export interface HeldWitness {
  readonly key: string;
  readonly atMs: number;
  readonly fixedDigest: string;
}

/** The newest rows that a part holds. */
export async function newestHeld(
  database: Database,
  { accountId, part, stream: { table } }: PartReference,
  limit: number,
): Promise<readonly HeldWitness[]> {
  const { rows } = await database.pool.query<Record<string, unknown> & { held_at: Date; fixed_digest: string }>({
    text: newestStatement(table),
    values: [...(table.hasPart ? [accountId, part] : [accountId]), limit],
  });
  return rows.map((row) => ({
    key: storedKey(table, row),
    atMs: row.held_at.getTime(),
    fixedDigest: row.fixed_digest,
  }));
}

/** Parameters: account, the part if the table has parts, limit. */
function newestStatement(table: RecordTable): string {
  const scope = scopeColumns(table);
  const time = identifier(table.timeColumn);
  return `select ${table.identity.map(identifier).join(', ')}, ${time} as held_at, fixed_digest
from ${identifier(table.name)}
where ${scope.map((name, position) => `${name} = $${position + 1}::text`).join(' and ')}
order by ${time} desc limit $${scope.length + 1}`;
}
