import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A pause or an unlink that a frozen worker writes late must not undo later commands. */
export const commands: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account
        -- the number of the last pause, resume or unlink that was written; it only grows
        add column command bigint not null default 0`.execute(database);
  },
};
