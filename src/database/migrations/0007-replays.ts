import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Quarantined rows are read again by a later mapping; pages keep evidence that becomes coverage only later. */
export const replays: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table quarantined_row
        -- the version of the stream's mapping that could not read it
        add column mapping_version integer not null default 1,
        -- when it stopped causing a gap: read by a later mapping, or its time proved by another page
        add column resolved_at timestamptz`.execute(database);
    await sql`
      alter table page
        -- an answer that was stored before and is read again by a later mapping: the page that it first was
        add column replay_of uuid,
        -- what it answers beyond its claim: becomes coverage once an older record proves the reach. Null: unknown (0.1.0)
        add column answered tstzmultirange`.execute(database);
    await sql`
      alter table coverage
        -- what lies before was claimed by 0.1.0, which did not keep a page for all of it
        add column evidence_from timestamptz not null default now()`.execute(database);
    await sql`alter table coverage alter column evidence_from set default '-infinity'`.execute(database);
  },
};
