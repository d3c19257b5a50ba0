import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { numberRecords } from './0006-changes.ts';

/** What users move between their spot and futures wallets. */
export const transfers: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table transfer (
        account_id     text not null,
        transfer_id    text not null,
        currency       text not null,
        amount         numeric not null,
        -- spot_to_contract or contract_to_spot
        direction      text not null,
        -- processing, finished or failed
        status         text not null,
        transferred_at timestamptz not null,
        page_id        uuid not null,
        digest         text not null,
        fixed_digest   text not null,
        raw            json not null,
        primary key (account_id, transfer_id)
      )`.execute(database);

    // The rows held inside a page's window, and an account's transfers in order of time.
    await sql`create index transfer_by_time on transfer (account_id, transferred_at)`.execute(database);
    await numberRecords(database, 'transfer');
  },
};
