import pg from 'pg';
import type { ShownStream } from '../accounts.ts';
import type { TimeRange } from '../snapshot.ts';
import { type Columns, storedShape } from './expected-record.ts';

export interface StoredRecord {
  readonly part: string;
  readonly columns: Columns;
}

/** A range that our tables claim to be stored completely. */
export interface StoredClaim extends TimeRange {
  readonly stream: string;
  readonly part: string;
}

/** Reads the tables directly, every value as text, without code of src/. */
export class StoredRecords {
  readonly #database: pg.Pool;

  private constructor(database: pg.Pool) {
    this.#database = database;
  }

  static connect(databaseUrl: string): StoredRecords {
    const database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    // The server may stop before we do.
    database.on('error', () => {});
    return new StoredRecords(database);
  }

  async close(): Promise<void> {
    await this.#database.end();
  }

  async of(accountId: string, stream: ShownStream): Promise<readonly StoredRecord[]> {
    const { table, texts, times, hasPart } = storedShape(stream);
    const values = [...texts, 'raw'].map((column) => `${column}::text as ${column}`);
    const instants = times.map((column) => `${milliseconds(column)} as ${column}`);
    const { rows } = await this.#database.query<Columns>(
      `select ${hasPart ? 'part' : `'all'`} as part, ${[...values, ...instants].join(', ')}
       from ${table} where account_id = $1`,
      [accountId],
    );
    return rows.map(({ part, ...stored }) => ({ part: part as string, columns: stored }));
  }

  async claims(accountId: string): Promise<readonly StoredClaim[]> {
    const { rows } = await this.#database.query<{ stream: string; part: string; from: string; to: string }>(
      `select stream, part, ${milliseconds('lower(claim)')} as from, ${milliseconds('upper(claim)')} as to
       from coverage, unnest(covered) as claim where account_id = $1`,
      [accountId],
    );
    return rows.map(({ stream, part, from, to }) => ({ stream, part, fromMs: Number(from), toMs: Number(to) }));
  }

  /** Every row that our tables hold of an owner's accounts, and of keys that no account has. */
  async countOfOwner(ownerId: string): Promise<number> {
    const { rows } = await this.#database.query<{ rows: string }>(
      `with known as (select account_id from account where owner_id <> $1)
       select (select count(*) from account where owner_id = $1)
            + (select count(*) from api_key where account_id not in (select account_id from known))
            + (select count(*) from known_key where account_id not in (select account_id from known))
            + (select count(*) from account_problem where account_id not in (select account_id from known)) as rows`,
      [ownerId],
    );
    return Number(rows[0]?.rows);
  }

  /** The youngest trades, and how long after happening each was stored. */
  async youngestTrades(accountId: string, afterMs: number): Promise<readonly YoungTrade[]> {
    const { rows } = await this.#database.query<YoungTrade>(
      `select trade.what, trade.symbol, trade.side, trade.price::text, trade.amount::text,
              (extract(epoch from page.committed_at - trade.traded_at) * 1000)::float8 as "delayMs"
       from (select 'spot' as what, symbol, side, price, size as amount, traded_at, page_id from spot_trade
               where account_id = $1 and traded_at > to_timestamp($2::float8 / 1000)
             union all
             select part, symbol, side, price, contracts, traded_at, page_id from futures_trade
               where account_id = $1 and traded_at > to_timestamp($2::float8 / 1000)) trade
       join page on page.account_id = $1 and page.page_id = trade.page_id
       order by trade.traded_at desc limit 5`,
      [accountId, afterMs],
    );
    return rows;
  }

  async statusOfWithdrawal(accountId: string, withdrawalId: string): Promise<string | null> {
    const { rows } = await this.#database.query<{ status: string }>(
      'select status from withdrawal where account_id = $1 and withdraw_id = $2',
      [accountId, withdrawalId],
    );
    return rows[0]?.status ?? null;
  }
}

export interface YoungTrade {
  readonly what: string;
  readonly symbol: string;
  readonly side: string;
  readonly price: string;
  readonly amount: string;
  readonly delayMs: number;
}

/** Exact: time between two milliseconds shows as a fraction. */
function milliseconds(expression: string): string {
  return `trim_scale(extract(epoch from ${expression}) * 1000)::text`;
}
