import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Balances are read before and after a sync once a day, to compare them with the records. */
export const balances: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table balance_snapshot
        -- the exchange's clock when the wallet was requested; taken_at is when it was answered
        add column asked_at timestamptz,
        -- before or after the records of a sync were read; null in the snapshots of earlier versions
        add column moment   text,
        -- what the wallet holds of the currency in all, computed from the row; null where that can't be read
        add column balance  numeric`.execute(database);
  },
};
