import { sql } from 'kysely';
import type { Verdict } from '../books/reconcile.ts';
import type { Balance, WalletBalances } from '../history/ports.ts';
import type { Database } from './database.ts';
import { stillThere } from './still-there.ts';

export type BalanceMoment = 'before' | 'after';

/** Stores an account's balances at one moment. A wallet that is empty or refused is one row with the reason. */
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

export const emptyReason = 'empty';

/** The reason's beginning if the answer can't be read; every other reason is a refusal. */
export const unreadableMark = 'unreadable: ';

interface Row extends Omit<Balance, 'raw'> {
  readonly wallet: string;
  readonly askedAt: Date;
  readonly takenAt: Date;
  readonly raw: string | null;
  readonly reason: string | null;
}

const nothing = { currency: '', available: null, frozen: null, total: null, balance: null, raw: null };

interface LastBalances {
  readonly takenAt: Date;
  /** Null in snapshots of earlier versions. */
  readonly moment: BalanceMoment | null;
}

/** When the balances of an account were last read; null if never. */
export async function lastBalances(database: Database, accountId: string): Promise<LastBalances | null> {
  const { rows } = await sql<LastBalances>`
    select taken_at as "takenAt", moment from balance_snapshot where account_id = ${accountId}
    order by taken_at desc limit 1`.execute(database.kysely);
  return rows[0] ?? null;
}

/** An unexplained difference between balances and records. It holds no amount: those stay in the account's own answers. */
export interface BalanceAlarm {
  readonly wallet: string;
  readonly asset: string;
  readonly from: string;
  readonly to: string;
}

/** Stores the verdict of the balances on the account as a whole. */
export async function noteBalanceVerdict(database: Database, accountId: string, verdict: Verdict): Promise<void> {
  await database.kysely
    .updateTable('account')
    .set({ balance_verdict: verdict, balance_verdict_at: sql<Date>`now()` })
    .where('account_id', '=', accountId)
    .execute();
}

/** Notes the event `balance-unexplained` once for each. */
export async function noteBalanceAlarms(
  database: Database,
  accountId: string,
  alarms: readonly BalanceAlarm[],
): Promise<void> {
  if (alarms.length === 0) return;
  await database.kysely.transaction().execute(async (transaction) => {
    // Locked first, so that events of another attempt at the same sync are visible.
    await sql`select from account where account_id = ${accountId} for update`.execute(transaction);
    for (const alarm of alarms) {
      await sql`
        select note_event(${accountId}, 'balance-unexplained', ${JSON.stringify(alarm)}::json)
        where not exists (
          select from account_event
          where account_id = ${accountId} and kind = 'balance-unexplained' and details ->> 'wallet' = ${alarm.wallet}
            and details ->> 'asset' = ${alarm.asset} and details ->> 'from' = ${alarm.from}
        )`.execute(transaction);
    }
  });
}
