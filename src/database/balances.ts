import { sql } from 'kysely';
import type { Balance, WalletBalances } from '../history/ports.ts';
import type { Database } from './database.ts';

/** Keeps what an account held at one moment. A wallet that could not be told is one row with the reason. */
export async function saveBalances(
  database: Database,
  accountId: string,
  takenAt: Date,
  wallets: readonly WalletBalances[],
): Promise<void> {
  const rows = wallets.flatMap(({ wallet, balances, refusal }): readonly Row[] =>
    balances.length > 0
      ? balances.map((balance) => ({ wallet, ...balance, reason: null }))
      : [{ wallet, currency: '', available: null, frozen: null, total: null, raw: null, reason: refusal ?? 'empty' }],
  );
  await sql`
    insert into balance_snapshot (account_id, wallet, taken_at, currency, available, frozen, total, reason, raw)
    select ${accountId}, wallet, ${takenAt}, currency, available, frozen, total, reason, raw::json
    from unnest(
      ${rows.map((row) => row.wallet)}::text[], ${rows.map((row) => row.currency)}::text[],
      ${rows.map((row) => row.available)}::text[], ${rows.map((row) => row.frozen)}::text[],
      ${rows.map((row) => row.total)}::text[], ${rows.map((row) => row.reason)}::text[],
      ${rows.map((row) => row.raw)}::text[]
    ) as each_row (wallet, currency, available, frozen, total, reason, raw)
    on conflict do nothing`.execute(database.kysely);
}

interface Row extends Omit<Balance, 'raw'> {
  readonly wallet: string;
  readonly raw: string | null;
  readonly reason: string | null;
}

/** When the balances of an account were looked at last; null when never. */
export async function lastBalancesAt(database: Database, accountId: string): Promise<Date | null> {
  const { rows } = await sql<{ taken_at: Date | null }>`
    select max(taken_at) as taken_at from balance_snapshot where account_id = ${accountId}`.execute(database.kysely);
  return rows[0]?.taken_at ?? null;
}
