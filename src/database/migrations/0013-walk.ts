import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What was requested of a part with the key in use, and which key that is: another one requests the past once more. */
export const walk: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table coverage
        add column requested   tstzmultirange not null default '{}',
        add column walked_with text`.execute(database);
  },
};
