import { sql } from 'kysely';
import type { Balance, WalletBalances } from '../history/ports.ts';
import type { Database } from './database.ts';
import { stillThere } from './still-there.ts';

/** Whether balances were read before the records of a sync or after them. */
export type BalanceMoment = 'before' | 'after';

/** Keeps what an account held at one moment. A wallet that is empty or refused is one row with the reason. */
export async function saveBalances(
  database: Database,
  accountId: string,
  moment: BalanceMoment,
  wallets: readonly WalletBalances[],
): Promise<void> {
  const rows = wallets.flatMap((reported): readonly Row[] => {
    const { wallet, balances } = reported;
    const times = { wallet, askedAt: new Date(reported.askedAtMs), takenAt: new Date(reported.answeredAtMs) };
    return balances.length > 0
      ? balances.map((balance) => ({ ...times, ...balance, reason: null }))
      : [{ ...times, ...nothing, reason: reasonOf(reported) }];
  });
  const { lock, holds } = stillThere(accountId);
  await sql`
    with ${lock}
    insert into balance_snapshot
      (account_id, moment, wallet, asked_at, taken_at, currency, available, frozen, total, balance, reason, raw)
    select ${accountId}, ${moment}, wallet, asked_at, taken_at, currency, available, frozen, total, balance, reason, raw::json
    from unnest(
      ${rows.map((row) => row.wallet)}::text[], ${rows.map((row) => row.askedAt)}::timestamptz[],
      ${rows.map((row) => row.takenAt)}::timestamptz[], ${rows.map((row) => row.currency)}::text[],
      ${rows.map((row) => row.available)}::text[], ${rows.map((row) => row.frozen)}::text[],
      ${rows.map((row) => row.total)}::text[], ${rows.map((row) => row.balance)}::numeric[],
      ${rows.map((row) => row.reason)}::text[], ${rows.map((row) => row.raw)}::text[]
    ) as each_row (wallet, asked_at, taken_at, currency, available, frozen, total, balance, reason, raw)
    where ${holds}
    on conflict do nothing`.execute(database.kysely);
}

function reasonOf({ refusal, isUnreadable = false }: WalletBalances): string {
  if (refusal === null) return emptyReason;
  return isUnreadable ? `${unreadableMark}${refusal}` : refusal;
}

/** The reason of a wallet that was answered and holds nothing. */
export const emptyReason = 'empty';

/** How the reason begins where the answer can't be read; every other reason is a refusal. */
export const unreadableMark = 'unreadable: ';

interface Row extends Omit<Balance, 'raw'> {
  readonly wallet: string;
  readonly askedAt: Date;
  readonly takenAt: Date;
  readonly raw: string | null;
  readonly reason: string | null;
}

const nothing = { currency: '', available: null, frozen: null, total: null, balance: null, raw: null };

export interface LastBalances {
  readonly takenAt: Date;
  /** Null in snapshots of earlier versions. */
  readonly moment: BalanceMoment | null;
}

/** When the balances of an account were read last; null when never. */
export async function lastBalances(database: Database, accountId: string): Promise<LastBalances | null> {
  const { rows } = await sql<{ taken_at: Date; moment: BalanceMoment | null }>`
    select taken_at, moment from balance_snapshot where account_id = ${accountId}
    order by taken_at desc limit 1`.execute(database.kysely);
  const [row] = rows;
  return row ? { takenAt: row.taken_at, moment: row.moment } : null;
}
