import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { numberRecords } from './0006-changes.ts';
import { grantNewTables } from './grants.ts';

export const marginLoans: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table margin_loan (
        account_id      text not null,
        -- kind and symbol
        part            text not null,
        record_id       text not null,
        -- borrow or repay
        kind            text not null,
        symbol          text not null,
        currency        text not null,
        -- borrowed, or repaid with interest; of a borrowing it becomes 0 once it is repaid
        amount          numeric not null,
        -- of a repayment
        principal       numeric,
        -- of a borrowing: so far; of a repayment: the part of the amount
        interest        numeric,
        -- rates, of a borrowing
        daily_interest  numeric,
        hourly_interest numeric,
        occurred_at     timestamptz not null,
        page_id         uuid not null,
        digest          text not null,
        fixed_digest    text not null,
        raw             json not null,
        primary key (account_id, part, record_id)
      )`.execute(database);
    // The rows held inside a page's window, and an account's records in order of time.
    await sql`create index margin_loan_by_time on margin_loan (account_id, part, occurred_at)`.execute(database);
    await numberRecords(database, 'margin_loan');
    await grantNewTables(database);

    // Loans are requested pair by pair, and these trades name the pairs. Most accounts have none, so the index is tiny.
    await sql`
      create index spot_trade_on_margin on spot_trade (account_id, symbol) where order_mode = 'iso_margin'`.execute(
      database,
    );
  },
};
