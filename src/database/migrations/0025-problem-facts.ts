import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What a problem's words are made of, in whatever language. That streams had ended before the account was linked follows
 * from what was read and is not stored any more; a withdrawn endpoint is, as what the exchange answered.
 */
export const problemFacts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account_problem add column facts json not null default '{}';
      delete from account_problem where code = 'exchange-closed' and message not like '%withdrawn%'`.execute(database);
  },
};
