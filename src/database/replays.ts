// A default import, because a platform that only imports the client may run a Node whose zlib has no zstd.
import zlib from 'node:zlib';
import type pg from 'pg';
import type { PageDecision, PageVerdict, PartReference, Replay, Replays, StoredAnswer } from '../history/ports.ts';
import { type RangeSet, rangeSet } from '../history/range-set.ts';
import { commitPage } from './commit-page.ts';
import type { Database } from './database.ts';
import { rangeSetOf } from './instants.ts';
import { type PartScope, type StoreOptions, scopeOf } from './part-store.ts';
import { quarantineId } from './quarantine.ts';
import { namedStatement } from './statement.ts';
import { inTransaction } from './transaction.ts';

/** At most this many per part and read: the next read continues. */
const maxAnswers = 50;

/** Reads quarantined rows, and rows of an earlier mapping, again from the stored pages with the current mapping. */
export function createPostgresReplays(database: Database, options: StoreOptions & Pick<Replays, 'pageOf'>): Replays {
  return {
    pageOf: options.pageOf,

    async answers(part) {
      const sought = { ...scopeOf(part), mapping_version: part.stream.mappingVersion, limit: maxAnswers };
      const { rows } = await database.pool.query<AnswerRow>(outdatedAnswers.bind(sought));
      return rows.map((row) => answerOf(row, part.part));
    },

    commit(part, fence, { answer, page }, decide) {
      return inTransaction(database, async (client) => {
        const aside = await asideElsewhere(client, part, answer);
        const commit = { part, fence, page, held: 'by-identity', replayOf: answer.pageId } as const;
        const outcome = await commitPage(client, options, {
          ...commit,
          decide: (state, held) => decide(state, held, aside),
        });
        await settle(client, part, answer, outcome.decision);
        return outcome;
      });
    },
  };
}

const outdatedAnswers = namedStatement<PartScope & { readonly mapping_version: number; readonly limit: number }>(
  'outdated-answers',
  `select page_id, lower(core) as core_from, upper(core) as core_to, split, asked_from, asked_to, exchange_clock, verdict,
       bytes, trace
from page
where account_id = :account_id and bytes is not null and (
  is_outdated and stream = :stream and part = :part or page_id in (
    select page_id from quarantined_row
    where account_id = :account_id and stream = :stream and part = :part and resolved_at is null
      and mapping_version <> :mapping_version
  )
)
order by asked_from, page_id limit :limit`,
);

interface AnswerRow {
  readonly page_id: string;
  readonly core_from: Date;
  readonly core_to: Date;
  readonly split: string | null;
  readonly asked_from: Date;
  readonly asked_to: Date;
  readonly exchange_clock: Date;
  readonly verdict: PageVerdict['kind'];
  readonly bytes: Buffer;
  readonly trace: string | null;
}

function answerOf(row: AnswerRow, part: string): StoredAnswer {
  const core = { from: row.core_from.getTime(), to: row.core_to.getTime() };
  const [column = '', ...value] = row.split?.split('=') ?? [];
  const split = row.split === null ? {} : { split: { column, value: value.join('=') } };
  return {
    pageId: row.page_id,
    question: { part, core, ...split },
    askedFromMs: row.asked_from.getTime(),
    askedToMs: row.asked_to.getTime(),
    clockMs: row.exchange_clock.getTime(),
    verdict: row.verdict,
    bytes: zlib.zstdDecompressSync(row.bytes),
    trace: row.trace,
  };
}

/** `page_id`: the page that does not count. If a row's time is unknown, its page's window. */
const openElsewhere = namedStatement<PartScope & { readonly page_id: string }>(
  'open-elsewhere',
  `select range_agg(case when aside.row_at is null then coalesce(page.core, tstzrange('-infinity', 'infinity'))
                       else tstzrange(aside.row_at, aside.row_at + interval '1 ms') end) as ranges
from quarantined_row as aside
left join page on page.account_id = aside.account_id and page.page_id = aside.page_id
where aside.account_id = :account_id and aside.stream = :stream and aside.part = :part and aside.resolved_at is null
  and aside.page_id <> :page_id`,
);

async function asideElsewhere(client: pg.PoolClient, part: PartReference, { pageId }: StoredAnswer): Promise<RangeSet> {
  const { rows } = await client.query<{ ranges: string | null }>(
    openElsewhere.bind({ ...scopeOf(part), page_id: pageId }),
  );
  const ranges = rows[0]?.ranges ?? null;
  return ranges === null ? rangeSet([]) : rangeSetOf(ranges);
}

interface SettledAnswer extends PartScope {
  readonly page_id: string;
  readonly mapping_version: number;
  /** Rows that the current mapping can't read either. */
  readonly unreadable: readonly string[];
}

const settleAnswer = namedStatement<SettledAnswer>(
  'settle-answer',
  `with mapped as (
  update page set is_outdated = false where account_id = :account_id and page_id = :page_id and is_outdated
)
update quarantined_row
set mapping_version = :mapping_version,
    resolved_at = case when quarantine_id = any(:unreadable::uuid[]) then null else now() end
where account_id = :account_id and stream = :stream and part = :part and page_id = :page_id and resolved_at is null
  and mapping_version <> :mapping_version`,
);

async function settle(
  client: pg.PoolClient,
  part: PartReference,
  { pageId }: Replay['answer'],
  decision: PageDecision,
): Promise<void> {
  const unreadable = decision.quarantine.map((row) => quarantineId(part, row.reason, row.raw));
  const { mappingVersion } = part.stream;
  await client.query(
    settleAnswer.bind({ ...scopeOf(part), page_id: pageId, mapping_version: mappingVersion, unreadable }),
  );
}
