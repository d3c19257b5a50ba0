import type { WorkflowSight } from '../explanation/explanation.ts';
import type { KeyDesk } from '../link.ts';
import type { StoredAccount } from '../stored-accounts.ts';
import { accountReport, fleetReport, type ReportContext, type ReportData } from './report-data.ts';
import { reportPage } from './report-page.ts';

/** A page to look at, and what is on it. */
export interface Report {
  /** The whole page, which needs neither network nor script. */
  readonly html: string;
  readonly asOf: string;
  /** How many accounts it is about. */
  readonly accounts: number;
  /** How many of them with all details: those at the greatest risk. */
  readonly detailed: number;
}

export interface ReportOptions {
  /** Told how many accounts were looked at, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export async function reportContext({ accounts }: KeyDesk, options: ReportOptions): Promise<ReportContext> {
  return {
    accounts,
    timetable: await accounts.timetable(),
    nowMs: Date.now(),
    onProgress: options.onProgress,
  };
}

export async function reportOfAccount(
  account: StoredAccount,
  workflow: WorkflowSight,
  context: ReportContext,
): Promise<Report> {
  return reportFrom(await accountReport(account, workflow, context), context);
}

/** All accounts of an owner; of every owner when it is null. */
export async function reportOfFleet(ownerId: string | null, context: ReportContext): Promise<Report> {
  return reportFrom(await fleetReport(ownerId, context), context);
}

function reportFrom(data: ReportData, { timetable }: ReportContext): Report {
  return {
    html: reportPage(data, timetable),
    asOf: data.asOf,
    accounts: data.fleet?.count ?? data.details.length,
    detailed: data.details.length,
  };
}
