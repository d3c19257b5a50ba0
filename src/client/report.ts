import { explain } from '../answers/explanation/explanation.ts';
import type { WorkflowSight } from '../answers/explanation/finding.ts';
import { loadPartsOfMany, loadProblemsOfMany, rowsPerDay } from '../database/index.ts';
import { isoTime } from '../history/iso-time.ts';
import type { Timetable } from '../history/timetable.ts';
import type { AccountDetail, AccountLine, ReportData, StreamDetail } from '../report/report-data.ts';
import { reportPage } from '../report/report-page.ts';
import { riskOf } from '../report/words.ts';
import { type Abortable, assertNotAborted } from './abort.ts';
import { evidenceOf } from './evidence.ts';
import { statusFrom } from './status.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/** A report as an HTML page, with its counts. */
export interface Report {
  /** The page, which needs neither network nor scripts. */
  readonly html: string;
  readonly asOf: string;
  /** How many accounts it is about. */
  readonly accounts: number;
  /** How many of them are shown in detail: those at the greatest risk. */
  readonly detailed: number;
}

export interface ReportOptions extends Abortable {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export async function reportOfAccount(
  accounts: StoredAccounts,
  account: StoredAccount,
  workflow: WorkflowSight | null = null,
): Promise<Report> {
  const context = await contextOf(accounts);
  const [line] = await linesOf([account], context, workflow);
  const details = [await detailOf(line as AccountLine, accounts)];
  return reportFrom({ ownerId: account.ownerId, fleet: null, details }, context);
}

/** At most this many accounts in detail: a page that still opens on a phone. */
const maxDetailed = 20;
/** A table that a browser can still scroll; the total is shown above it. */
const maxListed = 10_000;
/** Their states take a few megabytes of memory. */
const accountsPerQuery = 500;

export async function reportOfFleet(
  accounts: StoredAccounts,
  ownerId: string | null,
  { signal, onProgress }: ReportOptions,
): Promise<Report> {
  const context = await contextOf(accounts);
  const stored = await accounts.list(ownerId);
  const lines: AccountLine[] = [];
  for (let start = 0; start < stored.length; start += accountsPerQuery) {
    assertNotAborted(signal);
    onProgress?.(start, stored.length);
    lines.push(...(await linesOf(stored.slice(start, start + accountsPerQuery), context, null)));
  }
  lines.sort(byRisk);
  const details: AccountDetail[] = [];
  for (const line of lines.slice(0, maxDetailed)) {
    assertNotAborted(signal);
    details.push(await detailOf(line, accounts));
  }
  return reportFrom({ ownerId, fleet: { accounts: lines.slice(0, maxListed), count: lines.length }, details }, context);
}

interface ReportContext {
  readonly accounts: StoredAccounts;
  readonly timetable: Timetable | null;
  readonly nowMs: number;
}

async function contextOf(accounts: StoredAccounts): Promise<ReportContext> {
  return { accounts, timetable: await accounts.timetable(), nowMs: Date.now() };
}

function reportFrom(
  data: Pick<ReportData, 'ownerId' | 'fleet' | 'details'>,
  { accounts, timetable, nowMs }: ReportContext,
): Report {
  const { fleet, details } = data;
  const asOf = isoTime(nowMs);
  return {
    html: reportPage({ ...data, asOf, streams: accounts.streams }, timetable),
    asOf,
    accounts: fleet?.count ?? details.length,
    detailed: details.length,
  };
}

async function linesOf(
  stored: readonly StoredAccount[],
  { accounts, timetable, nowMs }: ReportContext,
  workflow: WorkflowSight | null,
): Promise<readonly AccountLine[]> {
  const { streams } = accounts;
  const ids = stored.map(({ accountId }) => accountId);
  const [parts, problems] = await Promise.all([
    accounts.ask(loadPartsOfMany, ids),
    accounts.ask(loadProblemsOfMany, ids),
  ]);
  return stored.map((account) => {
    const { accountId } = account;
    const known = { parts: parts.get(accountId) ?? [], problems: problems.get(accountId) ?? [] };
    const status = statusFrom(account, { ...known, streams, timetable, nowMs });
    return { status, explanation: explain(status, { nowMs, streams, timetable, workflow }) };
  });
}

async function detailOf(line: AccountLine, accounts: StoredAccounts): Promise<AccountDetail> {
  const { accountId } = line.status;
  const streams: StreamDetail[] = [];
  for (const stream of accounts.streams) {
    const [days, evidence] = await Promise.all([
      accounts.ask(rowsPerDay, accountId, stream),
      evidenceOf(accounts, accountId, stream.name),
    ]);
    streams.push({ stream: stream.name, rowsPerDay: days, evidence });
  }
  return { ...line, streams };
}

/** The soonest loss first; among equals what is not complete, then by id, so that two reports compare well. */
function byRisk(a: AccountLine, b: AccountLine): number {
  const byComplete = Number(a.explanation.complete) - Number(b.explanation.complete);
  return riskMs(a) - riskMs(b) || byComplete || (a.status.accountId < b.status.accountId ? -1 : 1);
}

function riskMs({ explanation }: AccountLine): number {
  const risk = riskOf(explanation.findings);
  return risk === null ? Number.MAX_VALUE : Date.parse(risk);
}
