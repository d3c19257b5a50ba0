import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The answers of an account in which nothing happens replace each other instead of piling up for years. */
export const tail: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table coverage
        -- the page that the next one may replace, when that proves all that only this page proves
        add column tail_page_id uuid,
        add column tail         tstzrange`.execute(database);
  },
};
