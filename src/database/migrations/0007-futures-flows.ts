import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { numberRecords } from './0006-changes.ts';

/** What moves the balance of futures and copy trading accounts. */
export const futuresFlows: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table futures_flow (
        account_id   text not null,
        part         text not null,
        -- 1 transfer, 2 realised profit, 3 funding, 4 commission, 5 liquidation
        flow_type    integer not null,
        -- the exchange's word for it
        type         text,
        -- empty for transfers
        symbol       text not null,
        asset        text not null,
        -- signed: negative left the account
        amount       numeric not null,
        occurred_at  timestamptz not null,
        -- as served; may be no id, and several records may share it
        tran_id      text not null,
        -- 1, 2, 3, … among records that are equal in everything else
        occurrence   integer not null,
        page_id      uuid not null,
        digest       text not null,
        fixed_digest text not null,
        raw          json not null,
        -- in order of time, so that it also finds the rows of a window
        primary key (account_id, part, occurred_at, symbol, flow_type, asset, amount, tran_id, occurrence)
      )`.execute(database);
    await numberRecords(database, 'futures_flow');
  },
};
