import { sql } from 'kysely';
import type { Database } from './database.ts';

/** What a run of a Schedule found and did, for operators. It names accounts, never records. */
export interface FleetReport<Report = unknown> {
  readonly kind: FleetReportKind;
  readonly finishedAt: Date;
  readonly report: Report;
}

export type FleetReportKind = 'reconcile' | 'retention-audit';

/** Two days of the kind that runs every 15 minutes, and seven weeks of the one that runs every 6 hours. */
const maxReportsKept = 200;

/** Stores a report, and keeps the newest 200 of each kind. */
export async function saveFleetReport(database: Database, kind: FleetReportKind, report: object): Promise<void> {
  await sql`
    insert into fleet_report (kind, finished_at, report) values (${kind}, clock_timestamp(), ${JSON.stringify(report)}::json)
    on conflict (kind, finished_at) do update set report = excluded.report`.execute(database.kysely);
  await sql`
    delete from fleet_report where kind = ${kind} and finished_at < (
      select finished_at from fleet_report where kind = ${kind} order by finished_at desc offset ${maxReportsKept - 1} limit 1
    )`.execute(database.kysely);
}

export async function newestFleetReport<Report>(
  database: Database,
  kind: FleetReportKind,
): Promise<FleetReport<Report> | null> {
  const row = await database.kysely
    .selectFrom('fleet_report')
    .select(['finished_at', 'report'])
    .where('kind', '=', kind)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { kind, finishedAt: row.finished_at, report: JSON.parse(row.report) as Report } : null;
}
