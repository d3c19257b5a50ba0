import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { numberRecords } from './0006-changes.ts';
import { grantNewTables } from './grants.ts';

export const subAccountTransfers: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table sub_account_transfer (
        account_id     text not null,
        -- names of the accounts at BitMart
        from_account   text not null,
        -- spot or future
        from_wallet    text not null,
        to_account     text not null,
        to_wallet      text not null,
        currency       text not null,
        amount         numeric not null,
        transferred_at timestamptz not null,
        -- 1, 2, 3, … among records that are equal in everything else: BitMart gives them no id
        occurrence     integer not null,
        page_id        uuid not null,
        digest         text not null,
        fixed_digest   text not null,
        raw            json not null,
        -- the time first: it serves the rows held inside a page's window as well
        primary key (account_id, transferred_at, from_account, from_wallet, to_account, to_wallet, currency, amount, occurrence)
      )`.execute(database);
    await numberRecords(database, 'sub_account_transfer');
    await grantNewTables(database);
  },
};
