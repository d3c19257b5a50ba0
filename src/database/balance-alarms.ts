import { sql } from 'kysely';
import type { Verdict } from '../history/reconcile.ts';
import type { Database } from './database.ts';

/** A difference between balances and records that nothing explains. It holds no amount: those stay in the account's own answers. */
export interface BalanceAlarm {
  readonly wallet: string;
  readonly asset: string;
  readonly from: string;
  readonly to: string;
}

/** Notes what balances say of the account as a whole. */
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
    // Locked first: what another attempt at the same sync has noted is seen by then.
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
