import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Up to which revision `records-changed` was reported. What was stored before this migration is not reported. */
export const recordsChanged: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account
        -- the account's revision at the last event 'records-changed'
        add column reported_revision bigint not null default 0,
        add column records_reported_at timestamptz`.execute(database);
    await sql`update account set reported_revision = revision where revision > 0`.execute(database);
  },
};
