import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** An account in which nothing happens is read for years: its answers take each other's place instead of piling up. */
export const tail: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table coverage
        -- the page that the next one may replace, when that proves all that only this page proves
        add column tail_page_id uuid,
        add column tail         tstzrange`.execute(database);
  },
};
