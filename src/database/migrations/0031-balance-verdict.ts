import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The verdict of an account's balances, beside its coverage: stored, so that the fleet can be counted by it. */
export const balanceVerdict: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account
        -- balanced, unexplained or not-comparable; null until balances were compared
        add column balance_verdict    text,
        add column balance_verdict_at timestamptz`.execute(database);
  },
};
