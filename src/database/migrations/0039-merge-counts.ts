import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What a merge did with the records: the answer can be lost with its worker or on its way, and whoever asks again gets it. */
export const mergeCounts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table merged_account
        add column moved     integer not null default 0,
        add column dropped   integer not null default 0,
        add column conflicts integer not null default 0`.execute(database);
  },
};
