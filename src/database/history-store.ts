import type pg from 'pg';
import { type GapNews, gapNewsOf, newsworthyReasons } from '../history/gap-news.ts';
import type { Gap, GapReason, PartState } from '../history/part-state.ts';
import {
  type DecidePage,
  FenceLost,
  type HeldRow,
  type HistoryStore,
  type PageDecision,
  type PageOutcome,
  type PartReference,
} from '../history/ports.ts';
import { difference, type RangeSet, rangeSet } from '../history/range-set.ts';
import type { MappedRow, Page } from '../history/stream.ts';
import type { Database } from './database.ts';
import { noteEvent } from './events.ts';
import { instantText, multirangeText } from './instants.ts';
import { type AnswerValues, answerValues, bringsNews, newPageId, pageValues } from './page-row.ts';
import {
  addPart,
  dropMergedPart,
  keepPage,
  lockPart,
  replaceTail,
  resolveCovered,
  takePart,
  writePart,
} from './page-statements.ts';
import { partStateOf, partValues } from './part-row.ts';
import { recordStatements } from './record-statements.ts';
import { identityArrays, rowArrays, storedKey } from './record-values.ts';
import type { CoverageRow } from './schema.ts';
import { type Tail, tailAfter, tailOf, tailValues } from './tail.ts';
import { inTransaction } from './transaction.ts';

export interface StoreOptions {
  /** Everything that a part can't vouch for, from its state: written beside it whenever it changes. */
  readonly gapsOf: (state: PartState, part: PartReference) => readonly Gap[];
}

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
        if (!isUniqueViolation(error)) throw error;
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

export interface PageCommit {
  readonly part: PartReference;
  readonly fence: number;
  readonly page: Page;
  readonly decide: DecidePage;
  /**
   * How the rows held are found. A record lies where its time is, so that those of the window asked are nearly always all;
   * where they are not, a row that is stored already looks new, and storing it fails.
   */
  readonly held: 'by-time' | 'by-identity';
  /** The page that this answer was when it was stored before, by an earlier mapping. */
  readonly replayOf?: string;
}

/** One page within a transaction that somebody else begins and ends. */
export async function commitPage(
  client: pg.PoolClient,
  options: StoreOptions,
  commit: PageCommit,
): Promise<PageOutcome> {
  const { part, fence, page, decide, replayOf = null } = commit;
  // Held rows are read under the part's lock: the server takes one statement after the other.
  const reading = Promise.all([lockedPart(client, part, fence), heldRows(client, commit)]);
  const answer = answerValues(page);
  const [{ state: before, tail: tailBefore }, held] = await reading;
  const decision = decide(before, held);
  requireWholePage(part, page, decision);

  const freshId = newPageId();
  const tail = replayOf === null ? tailAfter(tailBefore, { before, decision, page, pageId: freshId }) : null;
  const replaced =
    tail !== null && tail.pageId !== freshId && (await replacePage(client, commit, decision, tail, answer));
  const pageId = replaced ? (tail as Tail).pageId : freshId;
  const news = !replaced && bringsNews(decision, before);
  // Whether a page without other news is kept depends on its quarantined rows: only the database knows the old ones.
  const storing =
    news || decision.quarantine.length > 0
      ? storePage(client, pageValues({ part, pageId, page, decision, news, answer, replayOf }))
      : Promise.resolve(false);
  const kept = replaced || news || (await storing);
  const confirmedAtMs = kept ? null : page.clockMs;
  const [gapNews] = await Promise.all([
    writeState(client, options, {
      part,
      fence,
      state: decision.state,
      confirmedAtMs,
      tail: tail && { ...tail, pageId },
    }),
    resolveAside(client, part, before, decision.state),
    // Last, because from here on the other parts of the account wait for us.
    mergeRows(client, part, pageId, decision),
    storing,
  ]);
  await noteGapNews(client, part, gapNews);
  return { decision, pageId: kept ? pageId : null };
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}

interface LockedPart {
  readonly state: PartState;
  readonly tail: Tail | null;
}

async function lockedPart(client: pg.PoolClient, part: PartReference, fence: number): Promise<LockedPart> {
  const { rows } = await client.query<CoverageRow>({ ...lockPart, values: scopeOf(part) });
  const row = rows[0];
  if (!row || row.fence !== fence) throw new FenceLost(part);
  return { state: partStateOf(row), tail: tailOf(row) };
}

/** False where the page to replace is gone. */
async function replacePage(
  client: pg.PoolClient,
  { part, page }: PageCommit,
  decision: PageDecision,
  { pageId }: Tail,
  answer: AnswerValues,
): Promise<boolean> {
  const all = pageValues({ part, pageId, page, decision, news: false, answer, replayOf: null });
  const values = [...all.slice(0, 20), multirangeText(decision.answered ?? [])];
  const { rowCount } = await client.query({ ...replaceTail, values });
  return rowCount === 1;
}

async function heldRows(client: pg.PoolClient, { part, page, held }: PageCommit): Promise<readonly HeldRow[]> {
  const { table } = part.stream;
  const { core, split } = page.question;
  const splitColumn = split?.column ?? null;
  const statements = recordStatements(table);
  const scope = recordScopeOf(part);
  const { rows } = await client.query<StoredRecord>(
    held === 'by-time'
      ? { ...statements.within(splitColumn), values: [...scope, ...stretchOf(part, page).map(instantText)] }
      : {
          ...statements.held(splitColumn),
          values: [...scope, instantText(core.from), instantText(core.to), ...identityArrays(table, mappedRows(page))],
        },
  );
  const found = rows.map((row) => ({
    key: storedKey(table, row),
    at: row.held_at.getTime(),
    digest: row.digest,
    fixedDigest: row.fixed_digest,
    splitValue: row.split_value,
  }));
  const served = new Set(mappedRows(page).map((row) => row.key));
  return found.filter((row) => (row.at >= core.from && row.at < core.to) || served.has(row.key));
}

/** Where the page's rows lie when it answers what was asked: its core and the unit on each side of it. */
function stretchOf({ stream }: PartReference, { question: { core }, askedFromMs, askedToMs }: Page): [number, number] {
  return [Math.min(core.from, askedFromMs), Math.max(core.to, askedToMs + stream.unitMs)];
}

function mappedRows(page: Page): readonly MappedRow[] {
  return page.rows.filter((row) => row.kind === 'row');
}

interface StoredRecord {
  readonly held_at: Date;
  readonly digest: string;
  readonly fixed_digest: string;
  readonly split_value: string | null;
  readonly [identityColumn: string]: unknown;
}

async function mergeRows(
  client: pg.PoolClient,
  part: PartReference,
  pageId: string,
  decision: PageDecision,
): Promise<void> {
  if (decision.change.length === 0) return insertRows(client, part, pageId, decision.insert);
  const merged = [...decision.insert, ...decision.change];
  const { table } = part.stream;
  const { rows } = await client.query<{ inserted: number; changed: number; kept: number }>({
    ...recordStatements(table).merge,
    values: [
      ...recordScopeOf(part),
      pageId,
      part.stream.name,
      part.part,
      ...rowArrays(table, merged),
      decision.change.map((row) => row.key),
      ...identityArrays(table, decision.change),
    ],
  });
  const counts = rows[0];
  if (counts?.inserted !== decision.insert.length || counts.changed !== decision.change.length) {
    throw new Error(
      `Merging a page into ${table.name} inserted ${counts?.inserted} and changed ${counts?.changed} rows where ` +
        `${decision.insert.length} and ${decision.change.length} were decided; nothing of the page was stored.`,
    );
  }
  if (counts.kept !== decision.change.length) {
    throw new Error(
      `${decision.change.length} rows of ${table.name} were to change, and of ${counts.kept} the earlier version could ` +
        'be kept; nothing of the page was stored.',
    );
  }
}

async function insertRows(
  client: pg.PoolClient,
  part: PartReference,
  pageId: string,
  rows: readonly MappedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const { table } = part.stream;
  const { rowCount } = await client.query({
    ...recordStatements(table).insert,
    values: [...recordScopeOf(part), pageId, ...rowArrays(table, rows)],
  });
  if (rowCount === rows.length) return;
  throw new Error(
    `A page brought ${rows.length} rows that are new to ${table.name}, and ${rowCount} were inserted; nothing of the ` +
      'page was stored.',
  );
}

async function storePage(client: pg.PoolClient, values: readonly unknown[]): Promise<boolean> {
  const { rowCount } = await client.query({ ...keepPage, values: [...values] });
  return rowCount === 1;
}

/** Where a gap `quarantined` was closed, what stood aside there is settled. */
async function resolveAside(
  client: pg.PoolClient,
  part: PartReference,
  before: PartState,
  after: PartState,
): Promise<void> {
  const closed = difference(quarantineOf(before), quarantineOf(after));
  if (closed.length === 0) return;
  await client.query({ ...resolveCovered, values: [...scopeOf(part), multirangeText(after.covered)] });
}

function quarantineOf(state: PartState): RangeSet {
  return rangeSet(state.marks.filter((mark) => mark.reason === 'quarantined'));
}

interface StateChange {
  readonly part: PartReference;
  readonly fence: number;
  readonly state: PartState;
  /** The clock of a page that brought no news. */
  readonly confirmedAtMs: number | null;
  /** Null: as before. */
  readonly tail: Tail | null;
}

/** Writes a part's state and gaps; answers with what of it is news for a person. */
/** Writes a part's state and its gaps, by whoever holds its fence; answers with what of the gaps is news. */
export async function writeState(
  client: pg.PoolClient,
  options: StoreOptions,
  change: StateChange,
): Promise<readonly GapNews[]> {
  const { part, fence, state, confirmedAtMs, tail } = change;
  const gaps = options.gapsOf(state, part);
  const { rows } = await client.query<WrittenPart>({
    ...writePart,
    values: [
      ...scopeOf(part),
      fence,
      ...partValues(state),
      confirmedAtMs === null ? null : instantText(confirmedAtMs),
      gaps.map((gap) => instantText(gap.from)),
      gaps.map((gap) => instantText(gap.to)),
      gaps.map((gap) => gap.reason),
      newsworthyReasons,
      ...tailValues(tail),
    ],
  });
  const written = rows[0];
  if (written?.parts !== 1) throw new FenceLost(part);
  if (!written.news) return [];
  const known = written.known.map(([from, to, reason]) => ({ from: Date.parse(from), to: Date.parse(to), reason }));
  return gapNewsOf(known, gaps);
}

interface WrittenPart {
  readonly parts: number;
  /** A gap of a reason that makes news came, went or moved. */
  readonly news: boolean;
  /** The gaps of those reasons before. */
  readonly known: readonly [from: string, to: string, reason: GapReason][];
}

export async function noteGapNews(client: pg.PoolClient, part: PartReference, news: readonly GapNews[]): Promise<void> {
  for (const { kind, reason, from, to } of news) {
    await noteEvent(client, part.accountId, kind, {
      stream: part.stream.name,
      part: part.part,
      reason,
      from: instantText(from),
      to: instantText(to),
    });
  }
}

function requireWholePage(part: PartReference, page: Page, decision: PageDecision): void {
  const { insert, change, unchanged, quarantine } = decision;
  const sum = insert.length + change.length + unchanged + quarantine.length;
  if (sum === page.rows.length) return;
  throw new Error(
    `A page of ${part.stream.name}/${part.part} served ${page.rows.length} rows but ${sum} were accounted for ` +
      `(${insert.length} inserted, ${change.length} changed, ${unchanged} unchanged, ${quarantine.length} quarantined); ` +
      'nothing of the page was stored.',
  );
}

export function scopeOf(part: PartReference): string[] {
  return [part.accountId, part.stream.name, part.part];
}

function recordScopeOf(part: PartReference): string[] {
  return part.stream.table.hasPart ? [part.accountId, part.part] : [part.accountId];
}
