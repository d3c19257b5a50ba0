import { earliest, type StreamSummary, summariseStreams } from '../history/summary.ts';
import type { Coverage, Status, StreamCoverage } from './answers.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/** How an account stands, from Postgres alone: it can be told while Temporal and worker are away. */
export async function statusOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  platformEndMs: number | null,
): Promise<Status> {
  const [summaries, problems] = await Promise.all([
    summariesOf(account, accounts, platformEndMs, Date.now()),
    accounts.problems(account.accountId),
  ]);
  return {
    accountId: account.accountId,
    ownerId: account.ownerId,
    label: account.label,
    subAccount: account.subAccount,
    status: account.status,
    problems,
    nextSyncAt: account.nextSyncAt?.toISOString() ?? null,
    historyAtRiskAt: isoTime(earliest(summaries.map((summary) => summary.atRiskAtMs))),
    streams: summaries.map(streamCoverage),
  };
}

/** What can be vouched for of every stream, computed now from what pages have proved. */
export async function coverageOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  platformEndMs: number | null,
  withEvidence: boolean,
): Promise<Coverage> {
  const nowMs = Date.now();
  const summaries = await summariesOf(account, accounts, platformEndMs, nowMs);
  const streams: StreamCoverage[] = [];
  for (const summary of summaries) {
    const coverage = streamCoverage(summary);
    streams.push(
      withEvidence ? { ...coverage, evidence: await accounts.evidence(account.accountId, summary.stream) } : coverage,
    );
  }
  return { accountId: account.accountId, asOf: new Date(nowMs).toISOString(), streams };
}

async function summariesOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  platformEndMs: number | null,
  nowMs: number,
): Promise<readonly StreamSummary[]> {
  const linked = account.linkedAt !== null && account.status !== 'unlinked' && account.status !== 'closed';
  const parts = await accounts.parts(account.accountId);
  return summariseStreams(accounts.streams, parts, { nowMs, linked, platformEndMs });
}

function streamCoverage(summary: StreamSummary): StreamCoverage {
  return {
    stream: summary.stream,
    rows: summary.rows,
    complete: summary.complete,
    from: iso(summary.fromMs),
    through: isoTime(summary.throughMs),
    settledThrough: isoTime(summary.settledThroughMs),
    covered: summary.covered.map((range) => [iso(range.from), iso(range.to)] as const),
    gaps: summary.gaps.map((gap) => ({ from: iso(gap.from), to: iso(gap.to), reason: gap.reason })),
    atRiskAt: isoTime(summary.atRiskAtMs),
    lastReadAt: isoTime(summary.lastReadAtMs),
  };
}

function isoTime(instantMs: number | null): string | null {
  return instantMs === null ? null : iso(instantMs);
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
