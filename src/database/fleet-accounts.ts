import { sql } from 'kysely';
import { platformEndOf, type Timetable } from '../history/timetable.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import type { Database } from './database.ts';

export interface FleetAccount {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly status: AccountStatus;
  /** Whether account and status are old enough that a starting or ending workflow has done so. */
  readonly settled: boolean;
}

/** How long a link or an unlink may take. */
const settlingMinutes = 2;

/** Accounts of all owners in the order of their ids, after the given one. Empty at the end. */
export async function fleetAccountsAfter(
  database: Database,
  afterId: string,
  limit: number,
): Promise<readonly FleetAccount[]> {
  return database.kysely
    .selectFrom('account')
    .select(['account_id as accountId', 'owner_id as ownerId', 'label', 'status'])
    .select(
      sql<boolean>`greatest(created_at, status_since) < now() - make_interval(mins => ${settlingMinutes})`.as(
        'settled',
      ),
    )
    .where('account_id', '>', afterId)
    .orderBy('account_id')
    .limit(limit)
    .execute();
}

export interface AccountAtRisk {
  readonly accountId: string;
  readonly ownerId: string;
  readonly status: AccountStatus;
  readonly atRiskAt: string;
  /** Codes of the problems that stop it. */
  readonly problems: readonly string[];
}

/** The accounts that lose history first, worst first. */
export async function accountsMostAtRisk(
  database: Database,
  options: { readonly withinDays: number; readonly limit: number; readonly timetable: Timetable | null },
): Promise<readonly AccountAtRisk[]> {
  const { rows } = await sql<Omit<AccountAtRisk, 'atRiskAt'> & { readonly atRiskAt: Date }>`
    select account_id as "accountId", owner_id as "ownerId", status, history_at_risk_at as "atRiskAt",
           array(select distinct code from account_problem
                 where account_problem.account_id = account.account_id order by code) as problems
    from account
    where ${tellingRisk(options.timetable)}
      and history_at_risk_at < now() + make_interval(days => ${options.withinDays})
    order by history_at_risk_at, account_id
    limit ${options.limit}`.execute(database.kysely);
  return rows.map((row) => ({ ...row, atRiskAt: row.atRiskAt.toISOString() }));
}

export interface PausedAccount {
  readonly accountId: string;
  readonly ownerId: string;
  readonly pausedSince: string;
  readonly atRiskAt: string | null;
}

/** The accounts that have been paused for more than a day, those that lose history first at the front. */
export async function accountsPausedForLong(database: Database, limit: number): Promise<readonly PausedAccount[]> {
  const rows = await database.kysely
    .selectFrom('account')
    .select(['account_id as accountId', 'owner_id as ownerId', 'status_since as pausedSince'])
    .select('history_at_risk_at as atRiskAt')
    .where(isPausedForLong)
    .orderBy(sql`history_at_risk_at nulls last`)
    .orderBy('account_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...row,
    pausedSince: row.pausedSince.toISOString(),
    atRiskAt: row.atRiskAt?.toISOString() ?? null,
  }));
}

/** A pause overnight is intended; after a day it may have been forgotten. An account without an accepted key has no history. */
export const isPausedForLong = sql<boolean>`
  (linked_at is not null and status = 'paused' and status_since < now() - interval '1 day')`;

/** In its first day of reading an account reads what expires next. */
export const isBeginning = sql<boolean>`(status = 'backfilling' and status_since > now() - interval '1 day')`;

/**
 * The accounts whose risk is meaningful. Two kinds are excluded: an account in its first day of reading, which reads what
 * expires next, and one that is read up to the present and only waits for the exchange's end.
 */
export function tellingRisk(timetable: Timetable | null) {
  const platformEndMs = platformEndOf(timetable);
  const end = platformEndMs === null ? 'infinity' : new Date(platformEndMs).toISOString();
  return sql<boolean>`
    linked_at is not null and history_at_risk_at is not null
    and status in ('live', 'paused', 'needs-attention', 'backfilling')
    and not ${isBeginning}
    and not (status = 'live' and history_at_risk_at >= ${end}::timestamptz and next_sync_at > now() - interval '6 hours')`;
}
