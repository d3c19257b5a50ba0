import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The records themselves. Ids are the exchange's, as text; amounts numeric without scale; `raw` is the row's own text.
 * There is no foreign key to `page`: pages are evidence and may be thinned out one day, records never are.
 */
export const records: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table spot_trade (
        account_id      text not null,
        symbol          text not null,
        trade_id        text not null,
        order_id        text not null,
        client_order_id text,
        order_mode      text,
        order_type      text,
        side            text not null,
        role            text,
        price           numeric not null,
        size            numeric not null,
        notional        numeric,
        fee             numeric,
        fee_currency    text,
        traded_at       timestamptz not null,
        updated_at      timestamptz,
        page_id         uuid not null,
        digest          text not null,
        fixed_digest    text not null,
        raw             json not null,
        -- a self-trade may use one trade id twice, and the scope of trade ids is not documented
        primary key (account_id, symbol, trade_id, order_id)
      )`.execute(database);

    // The rows held inside a page's window, and an account's trades in order of time.
    await sql`create index spot_trade_by_time on spot_trade (account_id, traded_at)`.execute(database);

    await sql`
      create table futures_trade (
        account_id      text not null,
        part            text not null,
        symbol          text not null,
        trade_id        text not null,
        order_id        text not null,
        client_order_id text,
        -- 1 to 4 as served; side is what it means
        side_code       integer not null,
        side            text not null,
        role            text,
        price           numeric not null,
        contracts       numeric not null,
        -- the listing's value when the trade was stored; null if the listing was not known
        contract_size   numeric,
        fee             numeric,
        realised_profit numeric,
        traded_at       timestamptz not null,
        page_id         uuid not null,
        digest          text not null,
        fixed_digest    text not null,
        raw             json not null,
        primary key (account_id, part, symbol, trade_id, order_id)
      )`.execute(database);

    // As for spot trades; parts are read one by one.
    await sql`create index futures_trade_by_time on futures_trade (account_id, part, traded_at)`.execute(database);

    await movementTable(database, 'withdrawal', 'withdraw_id');
    await movementTable(database, 'deposit', 'deposit_id');
  },
};

async function movementTable(database: Kysely<unknown>, table: string, idColumn: string): Promise<void> {
  await sql`
    create table ${sql.id(table)} (
      account_id      text not null,
      ${sql.id(idColumn)} text not null,
      -- as served, which may carry the network; asset and network are what it means
      currency        text not null,
      asset           text,
      network         text,
      amount          numeric not null,
      fee             numeric,
      status          text not null,
      address         text,
      address_memo    text,
      tx_id           text,
      requested_at    timestamptz not null,
      page_id         uuid not null,
      digest          text not null,
      fixed_digest    text not null,
      raw             json not null,
      primary key (account_id, ${sql.id(idColumn)})
    )`.execute(database);

  // The rows held inside a page's window, and the movements that are not final, oldest first.
  await sql`create index ${sql.id(`${table}_by_time`)} on ${sql.id(table)} (account_id, requested_at)`.execute(
    database,
  );
}
