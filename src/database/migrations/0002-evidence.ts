import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Pages, coverage and gaps. */
export const evidence: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table page (
        account_id     text not null,
        page_id        uuid not null,
        stream         text not null,
        part           text not null,
        -- the bounds as sent, and the half-open range that the page could prove
        asked_from     timestamptz not null,
        asked_to       timestamptz not null,
        core           tstzrange not null,
        -- "column=value" when one unit of time was divided further
        split          text,
        served         integer not null,
        inserted       integer not null,
        changed        integer not null,
        unchanged      integer not null,
        quarantined    integer not null,
        verdict        text not null,
        -- why a page is not evidence
        reason         text,
        claim          tstzmultirange not null,
        -- SHA-256 of the answer's body as it came
        hash           bytea not null,
        -- the body compressed with zstd; only kept when it brought rows
        bytes          bytea,
        exchange_clock timestamptz not null,
        trace          text,
        committed_at   timestamptz not null default now(),
        primary key (account_id, page_id),
        -- every served row ends as exactly one of the four
        constraint page_rows_add_up check (served = inserted + changed + unchanged + quarantined)
      )`.execute(database);

    // The bytes are compressed already; trying again would only cost time.
    await sql`alter table page alter column bytes set storage external`.execute(database);

    // The pages that prove a range of a stream's coverage.
    await sql`create index page_of_stream on page (account_id, stream, asked_from)`.execute(database);

    await sql`
      create table coverage (
        account_id       text not null,
        stream           text not null,
        part             text not null,
        -- goes up with every attempt that takes the part over; a page of an earlier attempt is refused
        fence            bigint not null default 0,
        covered          tstzmultirange not null default '{}',
        answered         tstzmultirange not null default '{}',
        pending          tstzmultirange not null default '{}',
        claimed_from     timestamptz,
        read_end         timestamptz,
        last_read_end    timestamptz,
        last_read_at     timestamptz,
        settled_through  timestamptz,
        -- re-reads that brought no news leave only these two behind
        last_verified_at timestamptz,
        verified_count   bigint not null default 0,
        row_count        bigint not null default 0,
        oldest_row_at    timestamptz,
        proved_reach_ms  bigint,
        marks            jsonb not null default '[]',
        newest_row_at    timestamptz,
        suspect          tstzmultirange not null default '{}',
        fitting_window_ms bigint,
        bounds_honoured  boolean not null default false,
        read_through     boolean not null default false,
        primary key (account_id, stream, part)
      )
      -- written once per page: room for the new version beside the old one keeps the index untouched
      with (fillfactor = 50)`.execute(database);

    await sql`
      create table gap (
        account_id text not null,
        stream     text not null,
        part       text not null,
        from_at    timestamptz not null,
        to_at      timestamptz not null,
        reason     text not null check (reason in ('not-yet-read', 'expired-before-link', 'expired-unread',
                     'reach-unknown', 'too-dense', 'refused', 'not-opened', 'quarantined')),
        primary key (account_id, stream, part, from_at, to_at, reason),
        check (from_at < to_at)
      )`.execute(database);

    await sql`
      create table quarantined_row (
        account_id    text not null,
        -- derived from stream, part, reason and bytes: the same row under the same reason is one row
        quarantine_id uuid not null,
        stream        text not null,
        part          text not null,
        -- the page that brought it first
        page_id       uuid not null,
        -- the record's identity, when it could be read and is in conflict with the record stored
        row_key       text,
        row_at        timestamptz,
        reason        text not null,
        raw           json not null,
        first_seen_at timestamptz not null default now(),
        primary key (account_id, quarantine_id)
      )`.execute(database);

    // What is quarantined in one stream, oldest first.
    await sql`create index quarantined_row_of_stream on quarantined_row (account_id, stream, row_at)`.execute(database);
  },
};
