import { type RawBuilder, sql } from 'kysely';
import { severalKeysThrottled } from '../history/pace.ts';
import type { Timetable } from '../history/timetable.ts';
import type { Database } from './database.ts';
import { isPausedForLong, tellingRisk } from './fleet-accounts.ts';
import { type LeaseOddity, oddLeases } from './pace.ts';

/** The fleet in numbers, over all owners. Statuses, reasons and codes with a count of 0 are left out. */
export interface FleetFigures {
  readonly readAtMs: number;
  readonly accounts: Counts;
  /** Linked accounts by the verdict of their balances. */
  readonly balances: Counts;
  readonly accountsAtRisk: Readonly<Record<RiskSpan, number>>;
  /** Until the first account begins to lose history: negative once one does, infinite while nothing can be lost. */
  readonly secondsToNextLoss: number;
  readonly syncOverdueSeconds: number;
  readonly accountsNotStarted: number;
  readonly accountsPausedForLong: number;
  readonly gaps: Counts;
  /** Accounts by the code of a problem that they have. */
  readonly problems: Counts;
  readonly quarantinedRows: number;
  /** The greatest age, in days, at which a record of a stream was ever served. */
  readonly shownReachDays: Counts;
  /** Undelivered events, at most 10,000. Without a webhook all events. */
  readonly undeliveredEvents: number;
  readonly keysExpiring: Readonly<Record<'expired' | '3d' | '14d', number>>;
  /** Until the last ban of an address ends. */
  readonly cooldownSeconds: number;
  /** Rate-limit reservations that should not exist. */
  readonly leases: Readonly<Record<LeaseOddity, number>>;
  /** When each kind of report was last stored, as seconds since 1970. */
  readonly reports: Counts;
  /** What the last reconciliation did, by the kind of change. */
  readonly reconciled: Readonly<Record<'started' | 'ended' | 'left-alone', number>>;
  /** Accounts of the last audit's sample whose claims their pages don't prove. */
  readonly unprovedAccounts: number;
}

const dayMs = 86_400_000;

type Counts = Readonly<Record<string, number>>;

/** `lost`: the instant has passed. Each span includes the shorter ones. */
export type RiskSpan = 'lost' | '1d' | '3d' | '7d' | '14d';

/** Reads the figures one after another on one connection: plain counts, without a lock. */
export async function fleetFigures(
  database: Database,
  options: { readonly timetable: Timetable | null },
): Promise<FleetFigures> {
  return database.kysely.connection().execute(async (connection) => {
    const rowsOf = async <Row>(query: RawBuilder<Row>) => (await query.execute(connection)).rows;
    const counts = async (query: RawBuilder<{ name: string; count: number }>): Promise<Counts> =>
      Object.fromEntries((await rowsOf(query)).map(({ name, count }) => [name, count]));
    const one = async <Row>(query: RawBuilder<Row>) => (await rowsOf(query))[0] as Row;

    const accounts = await counts(sql`select status as name, count(*) as count from account group by status`);
    const balances = await counts(sql`
      select coalesce(balance_verdict, 'none') as name, count(*) as count from account
      where linked_at is not null and status <> 'unlinked' group by 1`);
    const { seconds, ...accountsAtRisk } = await one(riskOf(options.timetable));
    const turns = await one(sql<{ overdue: number; waiting: number; paused: number }>`
      select coalesce(max(extract(epoch from now() - next_sync_at))
               filter (where status in ('live', 'backfilling') and not paused), 0)::float8 as overdue,
             count(*) filter (where not started and status not in ('unlinked', 'closed')) as waiting,
             count(*) filter (where ${isPausedForLong}) as paused
      from account`);
    const keysExpiring = await one(sql<FleetFigures['keysExpiring']>`
      select count(*) filter (where expires_at < now()) as expired,
             count(*) filter (where expires_at < now() + interval '3 days') as "3d",
             count(*) as "14d"
      from api_key where state = 'active' and expires_at < now() + interval '14 days'`);
    const { rows: quarantinedRows } = await one(sql<{ rows: number }>`
      select count(*) as rows from quarantined_row where resolved_at is null`);
    const { seconds: cooldownSeconds } = await one(sql<{ seconds: number }>`
      select coalesce(max(extract(epoch from until - now())), 0)::float8 as seconds from cooldown
      where not starts_with(reason, ${severalKeysThrottled})`);
    const leases = await one(oddLeases);
    const { events: undeliveredEvents } = await one(sql<{ events: number }>`
      select count(*) as events from (select from account_event where delivered_at is null limit 10000) as waiting`);
    const reports = await counts(sql`
      select kind as name, extract(epoch from max(finished_at))::float8 as count from fleet_report group by kind`);
    const { unproved, ...reconciled } = await one(sql<FleetFigures['reconciled'] & { readonly unproved: number }>`
      with newest as (select distinct on (kind) kind, report from fleet_report order by kind, finished_at desc)
      select coalesce(max((report->>'started')::bigint), 0) as started,
             coalesce(max((report->>'ended')::bigint), 0) as ended,
             coalesce(max((report->>'leftAlone')::bigint), 0) as "left-alone",
             coalesce(max((report->'sample'->>'unprovedAccounts')::bigint), 0) as unproved
      from newest`);
    const streams = await fleetStreams({ kysely: connection });
    return {
      readAtMs: Date.now(),
      accounts,
      balances,
      accountsAtRisk,
      secondsToNextLoss: seconds ?? Number.POSITIVE_INFINITY,
      syncOverdueSeconds: turns.overdue,
      accountsNotStarted: turns.waiting,
      accountsPausedForLong: turns.paused,
      gaps: await counts(sql`select reason as name, count(*) as count from gap group by reason`),
      problems: await counts(
        sql`select code as name, count(distinct account_id) as count from account_problem group by code`,
      ),
      quarantinedRows,
      shownReachDays: Object.fromEntries(
        streams.flatMap(({ stream, shownReachMs }) => (shownReachMs === null ? [] : [[stream, shownReachMs / dayMs]])),
      ),
      undeliveredEvents,
      keysExpiring,
      cooldownSeconds,
      leases,
      reports,
      reconciled,
      unprovedAccounts: unproved,
    };
  });
}

function riskOf(timetable: Timetable | null) {
  return sql<FleetFigures['accountsAtRisk'] & { readonly seconds: number | null }>`
    with telling as (
      select history_at_risk_at as at from account where ${tellingRisk(timetable)}
    )
    select min(extract(epoch from at - now()))::float8 as seconds,
           count(*) filter (where at <= now()) as lost,
           count(*) filter (where at < now() + interval '1 day') as "1d",
           count(*) filter (where at < now() + interval '3 days') as "3d",
           count(*) filter (where at < now() + interval '7 days') as "7d",
           count(*) filter (where at < now() + interval '14 days') as "14d"
    from telling`;
}

/** What the records of all accounts show about one stream. */
export interface FleetStream {
  readonly stream: string;
  readonly newestRowMs: number | null;
  /** The greatest age at which a record was ever served. */
  readonly shownReachMs: number | null;
}

/** Scans `coverage`, which has a row per part of every account: call it every few minutes at most. */
export async function fleetStreams({ kysely }: Pick<Database, 'kysely'>): Promise<readonly FleetStream[]> {
  const { rows } = await sql<{ stream: string; newest_row_at: Date | null; shown_reach_ms: number | null }>`
    select stream, newest_row_at, shown_reach_ms from fleet_streams()`.execute(kysely);
  return rows.map((row) => ({
    stream: row.stream,
    newestRowMs: row.newest_row_at?.getTime() ?? null,
    shownReachMs: row.shown_reach_ms,
  }));
}
