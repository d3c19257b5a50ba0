import { beginErasure, type Database, eraseRows } from '../../src/database/index.ts';
import { atMost, type PartReport, percentile } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';

const rows = Number(process.env.BENCH_ERASE_ROWS ?? 5_000_000);
/** As many as an account of that size has: a full page is at most 200 rows. */
const pages = Math.ceil(rows / 150);

/** An account of five million rows is erased, beside one that stays; tables are as they are after a backfill, never analysed. */
export async function measureErase(surroundings: Surroundings): Promise<PartReport> {
  const database = await surroundings.database(2);
  await fill(database, 'gone', rows, pages);
  await fill(database, 'stays', Math.ceil(rows / 50), Math.ceil(pages / 50));
  const begun = performance.now();
  await beginErasure(database, 'gone');
  const beganMs = performance.now() - begun;
  const tookMs: number[] = [];
  let longest = { table: '', tookMs: 0 };
  await eraseRows(database, 'gone', {
    onBatch: (batch) => {
      tookMs.push(batch.tookMs);
      if (batch.tookMs > longest.tookMs) longest = batch;
    },
  });
  const seconds = (performance.now() - begun) / 1_000;
  return {
    part: 'erase',
    setting: `${rows} spot trades and ${pages} pages of one account, beside another; not analysed. The longest transaction was in ${longest.table}.`,
    figures: [
      { name: 'whole erasure', unit: 's', values: [seconds] },
      { name: 'key and account gone', unit: 'ms', values: [beganMs] },
      { name: 'batches', unit: '', values: [tookMs.length] },
      { name: 'a batch, 99 of 100', unit: 'ms', values: [percentile(tookMs, 0.99)] },
      { name: 'longest transaction', unit: 'ms', values: [longest.tookMs] },
      { name: 'rows', unit: 'rows/s', values: [(rows + pages) / seconds] },
    ],
    targets: [atMost('no transaction above 1 s', Math.max(longest.tookMs, beganMs), 1_000, 'ms')],
  };
}

async function fill({ pool }: Database, accountId: string, trades: number, pageCount: number): Promise<void> {
  await pool.query(
    `insert into account (account_id, owner_id, status, linked_at) values ($1, 'bench', 'live', now())`,
    [accountId],
  );
  const step = 250_000;
  for (let from = 0; from < trades; from += step) {
    // Trade ids come in no order, as the exchange's do.
    await pool.query(
      `insert into spot_trade (account_id, symbol, trade_id, order_id, price, side, size, traded_at, page_id, digest, fixed_digest, raw, revision)
       select $1, 'BTC_USDT', md5(n::text), n::text, 1, 'buy', 1, now() - n * interval '1 s', gen_random_uuid(), md5(n::text), md5(n::text),
              json_build_object('symbol', 'BTC_USDT', 'tradeId', md5(n::text), 'price', '26910.40', 'size', '0.0100', 'notional', '269.1', 'fee', '0.67',
                                'orderId', n::text, 'side', 'buy', 'createTime', n), 1
       from generate_series($2::int, $3::int) as n`,
      [accountId, from + 1, Math.min(trades, from + step)],
    );
  }
  await pool.query(
    `insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, served, inserted, changed, unchanged, quarantined,
                       verdict, claim, hash, bytes, exchange_clock)
     select $1, gen_random_uuid(), 'spot-trades', 'all', now(), now(), 'empty', 0, 0, 0, 0, 0, 'proves', '{}', '',
            (select string_agg(sha256((n * 1000 + part)::text::bytea), '') from generate_series(1, 150) as part), now()
     from generate_series(1, $2::int) as n`,
    [accountId, pageCount],
  );
}
