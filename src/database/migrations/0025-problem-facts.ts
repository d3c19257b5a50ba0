import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The facts that a problem's texts are made of, in any language. Streams that ended before the account was linked follow from
 * what was read and are no longer stored; a withdrawn endpoint is, because it is what the exchange answered.
 */
export const problemFacts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account_problem add column facts json not null default '{}';
      delete from account_problem where code = 'exchange-closed' and message not like '%withdrawn%'`.execute(database);
  },
};
