import type { Stream } from '../../history/stream.ts';
import type { Timetable } from '../../history/timetable.ts';
import type { PageEvidence, Status } from '../answers.ts';
import { type Explanation, explain, type WorkflowSight } from '../explanation/explanation.ts';
import { statusFrom } from '../status.ts';
import type { DayOfRows, StoredAccount, StoredAccounts } from '../stored-accounts.ts';

/** Everything that a report shows, as of one moment. */
export interface ReportData {
  readonly asOf: string;
  /** Whose accounts: one owner's, or null for those of all. */
  readonly ownerId: string | null;
  /** Null when the report is about one account alone. */
  readonly fleet: FleetData | null;
  /** With all that is known of them: the one account, or those of the fleet that come first. */
  readonly details: readonly AccountDetail[];
  readonly streams: readonly Stream[];
}

export interface FleetData {
  /** The ones at risk first, the soonest lost before the others. */
  readonly accounts: readonly AccountLine[];
  /** How many there are; more than are listed when there are very many. */
  readonly count: number;
}

/** An account in one line. */
export interface AccountLine {
  readonly status: Status;
  readonly explanation: Explanation;
}

export interface AccountDetail extends AccountLine {
  readonly streams: readonly StreamDetail[];
}

export interface StreamDetail {
  readonly stream: string;
  readonly rowsPerDay: readonly DayOfRows[];
  readonly evidence: readonly PageEvidence[];
}

export interface ReportContext {
  readonly accounts: StoredAccounts;
  readonly timetable: Timetable | null;
  readonly nowMs: number;
  /** Told how many accounts are looked at, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export async function accountReport(
  account: StoredAccount,
  workflow: WorkflowSight,
  context: ReportContext,
): Promise<ReportData> {
  const [line] = await linesOf([account], context, workflow);
  return {
    asOf: new Date(context.nowMs).toISOString(),
    ownerId: account.ownerId,
    fleet: null,
    details: [await detailOf(line as AccountLine, context)],
    streams: context.accounts.streams,
  };
}

/** With all details for so many accounts of a fleet: a page that can still be opened on a phone. */
export const detailedMax = 20;
export const listedMax = 10_000;
const chunk = 500;

/** The accounts of one owner, or of all. */
export async function fleetReport(ownerId: string | null, context: ReportContext): Promise<ReportData> {
  const stored = await context.accounts.accounts(ownerId);
  const lines: AccountLine[] = [];
  for (let start = 0; start < stored.length; start += chunk) {
    context.onProgress?.(start, stored.length);
    lines.push(...(await linesOf(stored.slice(start, start + chunk), context, null)));
  }
  lines.sort(byRisk);
  const details: AccountDetail[] = [];
  for (const line of lines.slice(0, detailedMax)) details.push(await detailOf(line, context));
  return {
    asOf: new Date(context.nowMs).toISOString(),
    ownerId,
    fleet: { accounts: lines.slice(0, listedMax), count: lines.length },
    details,
    streams: context.accounts.streams,
  };
}

async function linesOf(
  stored: readonly StoredAccount[],
  context: ReportContext,
  workflow: WorkflowSight | null,
): Promise<readonly AccountLine[]> {
  const { nowMs, timetable } = context;
  const { parts, problems } = await context.accounts.known(stored.map(({ accountId }) => accountId));
  const { streams } = context.accounts;
  return stored.map((account) => {
    const { accountId } = account;
    const known = { parts: parts.get(accountId) ?? [], problems: problems.get(accountId) ?? [] };
    const status = statusFrom(account, { ...known, streams, timetable, nowMs });
    return { status, explanation: explain(status, { nowMs, streams, timetable, workflow }) };
  });
}

async function detailOf(line: AccountLine, { accounts }: ReportContext): Promise<AccountDetail> {
  const { accountId } = line.status;
  const streams: StreamDetail[] = [];
  for (const stream of accounts.streams) {
    const [rowsPerDay, evidence] = await Promise.all([
      accounts.rowsPerDay(accountId, stream),
      accounts.evidence(accountId, stream.name),
    ]);
    streams.push({ stream: stream.name, rowsPerDay, evidence });
  }
  return { ...line, streams };
}

/** The soonest loss first; among equals what is not complete, then by id, so that two reports compare well. */
function byRisk(a: AccountLine, b: AccountLine): number {
  const byComplete = Number(a.explanation.complete) - Number(b.explanation.complete);
  return riskOf(a) - riskOf(b) || byComplete || (a.status.accountId < b.status.accountId ? -1 : 1);
}

function riskOf({ status }: AccountLine): number {
  return status.historyAtRiskAt === null ? Number.MAX_VALUE : Date.parse(status.historyAtRiskAt);
}
