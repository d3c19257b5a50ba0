import { createHash } from 'node:crypto';
// A default import, because a platform that only imports the client may run a Node whose zlib has no zstd.
import zlib from 'node:zlib';
import type pg from 'pg';
import type { PartState } from '../history/part-state.ts';
import type { PageDecision, PartReference } from '../history/ports.ts';
import { covers } from '../history/range-set.ts';
import { madeAtMs, type Page } from '../history/stream.ts';
import { instantText, multirangeText, rangeText } from './instants.ts';
import { quarantineColumns } from './quarantine.ts';
import { namedStatement } from './statement.ts';

/** Whether a page brings anything new, and so is kept as evidence. */
export function bringsNews(decision: PageDecision, before: PartState): boolean {
  if (decision.insert.length > 0 || decision.change.length > 0) return true;
  // An answer that contradicts the question or the stored rows is kept for a person to look at.
  if (decision.verdict.kind === 'no-evidence') return true;
  if (!(decision.answered ?? []).every((range) => covers(before.answered, range))) return true;
  // Whatever the verdict, because a page that is not believed as a whole may prove part of its window.
  const claimed = [...decision.state.covered, ...decision.claim];
  return !claimed.every((range) => covers(before.covered, range));
}

/** The stored form of an answer: its hash, and its bytes if it has rows. */
export interface KeptAnswer {
  readonly hash: Buffer;
  readonly bytes: Buffer | null;
}

/** The costly part of a page's row; it depends on the answer alone. */
export function answerOf(page: Page): KeptAnswer {
  return {
    hash: createHash('sha256').update(page.bytes).digest(),
    bytes: page.rows.length > 0 ? zlib.zstdCompressSync(page.bytes) : null,
  };
}

const pageColumns = {
  account_id: 'text',
  page_id: 'uuid',
  stream: 'text',
  part: 'text',
  asked_from: 'timestamptz',
  asked_to: 'timestamptz',
  core: 'tstzrange',
  split: 'text',
  served: 'integer',
  inserted: 'integer',
  changed: 'integer',
  unchanged: 'integer',
  quarantined: 'integer',
  verdict: 'text',
  reason: 'text',
  claim: 'tstzmultirange',
  hash: 'bytea',
  bytes: 'bytea',
  exchange_clock: 'timestamptz',
  trace: 'text',
  answered: 'tstzmultirange',
  replay_of: 'uuid',
} as const;

type PageRow = Readonly<Record<keyof typeof pageColumns, string | number | Buffer | null>>;

interface PageContent {
  readonly part: PartReference;
  readonly pageId: string;
  readonly page: Page;
  readonly decision: PageDecision;
  readonly answer: KeptAnswer;
  readonly replayOf: string | null;
}

export function pageRow({ part, pageId, page, decision, answer, replayOf }: PageContent): PageRow {
  const { core, split } = page.question;
  const { verdict } = decision;
  return {
    account_id: part.accountId,
    page_id: pageId,
    stream: part.stream.name,
    part: part.part,
    asked_from: instantText(page.askedFromMs),
    asked_to: instantText(page.askedToMs),
    core: rangeText(core),
    split: split ? `${split.column}=${split.value}` : null,
    served: page.rows.length,
    inserted: decision.insert.length,
    changed: decision.change.length,
    unchanged: decision.unchanged,
    quarantined: decision.quarantine.length,
    verdict: verdict.kind,
    reason: verdict.kind === 'no-evidence' ? verdict.reason : null,
    claim: multirangeText(decision.claim),
    hash: answer.hash,
    bytes: answer.bytes,
    exchange_clock: instantText(madeAtMs(page)),
    trace: page.trace,
    answered: decision.answered === undefined ? null : multirangeText(decision.answered),
    replay_of: replayOf,
  };
}

/**
 * Stores a page and its quarantined rows, each once. A page without any other news is stored only if one of those rows is new,
 * or causes a gap again. Returns whether it was stored.
 */
export async function keepPage(
  client: pg.PoolClient,
  page: {
    readonly part: PartReference;
    readonly row: PageRow;
    readonly decision: PageDecision;
    readonly isNews: boolean;
  },
): Promise<boolean> {
  const { part, row, decision, isNews } = page;
  const values = { ...row, ...quarantineColumns(part, decision.quarantine), is_news: isNews };
  const { rowCount } = await client.query(insertPage.bind(values));
  return rowCount === 1;
}

const insertPage = namedStatement<PageRow & ReturnType<typeof quarantineColumns> & { readonly is_news: boolean }>(
  'keep-page',
  `with fresh as (
  insert into quarantined_row
    (account_id, quarantine_id, stream, part, page_id, row_key, row_at, reason, raw, mapping_version)
  select distinct on (each_row.quarantine_id)
         :account_id::text, each_row.quarantine_id, :stream::text, :part::text, :page_id::uuid,
         each_row.row_key, each_row.row_at, each_row.reason, each_row.raw::json, :mapping_version::integer
  from unnest(:quarantine_ids::uuid[], :row_keys::text[], :row_times::timestamptz[], :reasons::text[], :raw_texts::text[])
    as each_row (quarantine_id, row_key, row_at, reason, raw)
  on conflict (account_id, quarantine_id) do update
  set page_id = excluded.page_id, mapping_version = excluded.mapping_version, resolved_at = null
  where quarantined_row.resolved_at is not null
  returning 1
)
insert into page (${Object.keys(pageColumns).join(', ')})
select ${Object.entries(pageColumns)
    .map(([name, type]) => `:${name}::${type}`)
    .join(', ')}
where :is_news::boolean or exists (select from fresh)
returning page_id`,
);

/** Replaces the part's last page by one that proves the same and a little more, under its id. False if it is gone. */
export async function replaceTail(client: pg.PoolClient, row: PageRow, tailId: string): Promise<boolean> {
  const values = { ...row, page_id: tailId, answered: row.answered ?? multirangeText([]) };
  const { rowCount } = await client.query(updateTail.bind(values));
  return rowCount === 1;
}

const updateTail = namedStatement<PageRow>(
  'replace-tail',
  `update page
set ${Object.entries(pageColumns)
    .filter(([name]) => !['account_id', 'page_id', 'replay_of'].includes(name))
    .map(([name, type]) => `${name} = :${name}::${type}`)
    .join(', ')}, committed_at = now()
where account_id = :account_id::text and page_id = :page_id::uuid`,
);
