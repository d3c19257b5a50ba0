import { partColumns } from './part-row.ts';
import { statement } from './statement.ts';

/** The statements of a page that are the same for every stream, in the order in which a transaction runs them. */

/** Whether rows that an earlier mapping could not read may be readable now. */
const hasReplays = `exists (
  select from quarantined_row
  where account_id = $1 and stream = $2 and part = $3 and resolved_at is null and mapping_version <> $4
) as has_replays`;

/** Parameters: account, stream, part, the mapping's version of today. */
export const takePart = statement(
  'take-part',
  `update coverage set fence = fence + 1 where account_id = $1 and stream = $2 and part = $3
returning *, ${hasReplays}`,
);

/**
 * As `takePart`, for a part that was never opened. The lock lets whoever makes one account of two see this part, or makes us
 * wait until the account is no more, which `dropMergedPart` then finds out.
 */
export const addPart = statement(
  'add-part',
  `with reading as materialized (
  select from account where account_id = $1::text for key share
)
insert into coverage (account_id, stream, part, fence)
select $1::text, $2::text, $3::text, 1 from (select count(*) from reading) as locked
on conflict (account_id, stream, part) do update set fence = coverage.fence + 1
returning *, ${hasReplays}`,
);

/** Parameter: account. Removes what a read has begun of an account that has gone up in another one. */
export const dropMergedPart = statement(
  'drop-merged-part',
  'delete from coverage where account_id = $1 and exists (select from merged_account where account_id = $1)',
);

/** Parameters: account, stream, part. The lock makes pages of one part wait for each other. */
export const lockPart = statement(
  'lock-part',
  'select * from coverage where account_id = $1 and stream = $2 and part = $3 for update',
);

/**
 * Keeps a page, and the rows that could not be read, each once. A page without any other news ($21) is kept only when
 * one of its quarantined rows is new, or stands in the way again.
 */
export const keepPage = statement(
  'keep-page',
  `with fresh as (
  insert into quarantined_row
    (account_id, quarantine_id, stream, part, page_id, row_key, row_at, reason, raw, mapping_version)
  select distinct on (each_row.quarantine_id)
         $1, each_row.quarantine_id, $3, $4, $2, each_row.row_key, each_row.row_at, each_row.reason, each_row.raw::json,
         $27::integer
  from unnest($22::uuid[], $23::text[], $24::timestamptz[], $25::text[], $26::text[])
    as each_row (quarantine_id, row_key, row_at, reason, raw)
  on conflict (account_id, quarantine_id) do update
  set page_id = excluded.page_id, mapping_version = excluded.mapping_version, resolved_at = null
  where quarantined_row.resolved_at is not null
  returning 1
)
insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, split,
                  served, inserted, changed, unchanged, quarantined,
                  verdict, reason, claim, hash, bytes, exchange_clock, trace, answered, replay_of)
select $1::text, $2::uuid, $3::text, $4::text, $5::timestamptz, $6::timestamptz, $7::tstzrange, $8::text,
       $9::integer, $10::integer, $11::integer, $12::integer, $13::integer,
       $14::text, $15::text, $16::tstzmultirange, $17::bytea, $18::bytea, $19::timestamptz, $20::text,
       $28::tstzmultirange, $29::uuid
where $21::boolean or exists (select from fresh)
returning page_id`,
);

/**
 * A page that says again what the part's last kept page said, and a little more, takes its place: same id, newer answer.
 * The first twenty parameters are those of `keepPage`.
 */
export const replaceTail = statement(
  'replace-tail',
  `update page
set stream = $3, part = $4, asked_from = $5::timestamptz, asked_to = $6::timestamptz, core = $7::tstzrange, split = $8::text,
    served = $9::integer, inserted = $10::integer, changed = $11::integer, unchanged = $12::integer,
    quarantined = $13::integer, verdict = $14::text, reason = $15::text, claim = $16::tstzmultirange,
    hash = $17::bytea, bytes = $18::bytea, exchange_clock = $19::timestamptz, trace = $20::text,
    answered = $21::tstzmultirange, committed_at = now()
where account_id = $1 and page_id = $2::uuid`,
);

/**
 * Rows whose time is proved by now, whoever proved it, stand in nobody's way any more. Parameters: account, stream, part,
 * what is covered.
 */
export const resolveCovered = statement(
  'resolve-covered',
  `update quarantined_row as aside set resolved_at = now()
from page
where aside.account_id = $1 and aside.stream = $2 and aside.part = $3 and aside.resolved_at is null
  and page.account_id = aside.account_id and page.page_id = aside.page_id
  and coalesce(tstzrange(aside.row_at, aside.row_at, '[]'), page.core) <@ $4::tstzmultirange`,
);

const stateColumns = Object.entries(partColumns);
const stateFrom = 5;
const afterState = stateFrom + stateColumns.length;

/**
 * Writes a part's state and its gaps; a gap that stays the same is not touched. Parameters: account, stream, part,
 * fence, the state's columns, the clock of a page that only confirmed what is stored (or null), the gaps' three arrays,
 * the reasons that make news, the page that is the part's tail and what only that page proves (or nulls: as before).
 * Answers with the gaps of those reasons as they were, where one of them came, went or moved.
 */
export const writePart = statement(
  'write-part',
  `with written as (
  update coverage
  set ${stateColumns.map(([name, type], position) => `${name} = $${stateFrom + position}::${type}`).join(',\n      ')},
      last_verified_at = coalesce($${afterState}::timestamptz, last_verified_at),
      verified_count = verified_count + case when $${afterState}::timestamptz is null then 0 else 1 end,
      tail_page_id = coalesce($${afterState + 5}::uuid, tail_page_id),
      tail = coalesce($${afterState + 6}::tstzrange, tail)
  where account_id = $1 and stream = $2 and part = $3 and fence = $4
  returning 1
), wanted as (
  select distinct from_at, to_at, reason
  from unnest($${afterState + 1}::timestamptz[], $${afterState + 2}::timestamptz[], $${afterState + 3}::text[])
    as each_gap (from_at, to_at, reason)
), gone as (
  delete from gap
  where account_id = $1 and stream = $2 and part = $3
    and (from_at, to_at, reason) not in (select from_at, to_at, reason from wanted)
  returning reason
), added as (
  insert into gap (account_id, stream, part, from_at, to_at, reason)
  select $1, $2, $3, from_at, to_at, reason from wanted
  where (from_at, to_at, reason) not in (
    select from_at, to_at, reason from gap where account_id = $1 and stream = $2 and part = $3
  )
  returning reason
), news as (
  select exists (
    select from (select reason from gone union all select reason from added) as moved
    where reason = any($${afterState + 4}::text[])
  ) as told
)
select (select count(*) from written) as parts, (select news.told from news) as news,
       -- as they were before this statement
       (select coalesce(jsonb_agg(jsonb_build_array(from_at, to_at, reason)), '[]') from gap
        where (select news.told from news) and account_id = $1 and stream = $2 and part = $3
          and reason = any($${afterState + 4}::text[])) as known`,
);
