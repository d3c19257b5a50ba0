import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What only two equal answers have proved, so that it can be taken back when bounds turn out to be ignored. */
export const confirmed: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`alter table coverage add column confirmed tstzmultirange not null default '{}'`.execute(database);
    await sql`update coverage set confirmed = covered where not bounds_honoured`.execute(database);
  },
};
