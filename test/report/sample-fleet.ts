import { createHash } from 'node:crypto';
import { explain } from '../../src/answers/explanation/explanation.ts';
import type {
  AccountStatus,
  AnswerProblem,
  GapReason,
  PageEvidence,
  Status,
  StreamCoverage,
} from '../../src/answers/index.ts';
import { answerProblem } from '../../src/answers/problem.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { knownTimetable } from '../../src/bitmart/timetable.ts';
import { historyStartMs } from '../../src/history/settings.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';
import type { AccountDetail, AccountLine, ReportData } from '../../src/report/report-data.ts';
import { riskOf } from '../../src/report/words.ts';

const dayMs = 86_400_000;
export const nowMs = Date.UTC(2026, 10, 24, 12);
export const timetable = knownTimetable;

export function ago(days: number): string {
  return new Date(nowMs - days * dayMs).toISOString();
}

/** A stream that is covered but for these gaps, each a reason with the days of its beginning and end. */
export function stream(
  name: string,
  gaps: readonly (readonly [GapReason, from: number, to: number])[] = [],
): StreamCoverage {
  const bounds = gaps.toSorted((a, b) => b[1] - a[1]);
  const covered: (readonly [string, string])[] = [];
  let at = 85;
  for (const [, from, to] of bounds) {
    if (at > from) covered.push([ago(at), ago(from)]);
    at = Math.min(at, to);
  }
  if (at > 0.02) covered.push([ago(at), ago(0.02)]);
  const isTrades = name.endsWith('trades');
  const before = {
    from: new Date(historyStartMs).toISOString(),
    to: ago(85),
    reason: isTrades ? 'expired-before-link' : 'reach-unknown',
  } as const;
  return {
    stream: name as StreamCoverage['stream'],
    rows: 12_345,
    complete: gaps.length === 0,
    from: ago(85),
    through: covered.at(-1)?.[1] ?? null,
    settledThrough: ago(1),
    covered,
    gaps: [before, ...gaps.map(([reason, from, to]) => ({ from: ago(from), to: ago(to), reason }))],
    atRiskAt: new Date(
      gaps.length === 0 ? timetable.platformEndMs : nowMs + (89 - (bounds[0]?.[1] ?? 0)) * dayMs,
    ).toISOString(),
    lastReadAt: ago(0.01),
    servedBack: ago(85),
    requestedAt: ago(85),
  };
}

export function statusOf(accountId: string, more: Partial<Status> = {}): Status {
  const ofStreams = more.streams ?? streams.map(({ name }) => stream(name));
  return {
    accountId,
    ownerId: 'alice',
    label: 'My BitMart',
    subAccount: null,
    names: [],
    keyExpiresAt: null,
    readOnly: true,
    status: 'live',
    problems: [],
    nextSyncAt: ago(-0.02),
    complete: ofStreams.every(({ complete }) => complete),
    unreadable: [],
    balances: null,
    historyAtRiskAt: ofStreams.map(({ atRiskAt }) => atRiskAt as string).sort()[0] ?? null,
    ...more,
    streams: ofStreams,
  };
}

export function lineOf(status: Status): AccountLine {
  return { status, explanation: explain(status, { nowMs, streams, timetable, workflow: 'running' }) };
}

export function detailOf(status: Status): AccountDetail {
  return {
    ...lineOf(status),
    streams: status.streams.map(({ stream: name, covered, rows }) => ({
      stream: name,
      rowsPerDay: rows === 0 ? [] : daysOf(covered[0]?.[0] ?? ago(84)),
      evidence: covered.flatMap(([from, to]) => pages(from, to)),
    })),
  };
}

function daysOf(from: string) {
  const days = Math.max(80, Math.floor((nowMs - Date.parse(from)) / dayMs));
  return Array.from({ length: days }, (_, day) => ({
    day: ago(days - day).slice(0, 10),
    rows: day % 9 === 0 ? 0 : Math.round(3 + 800 * Math.abs(Math.sin(day * day))),
  })).filter(({ rows }) => rows > 0);
}

function pages(from: string, to: string): readonly PageEvidence[] {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const count = 30;
  return Array.from({ length: count }, (_, index) => {
    const start = new Date(fromMs + ((toMs - fromMs) * index) / count).toISOString();
    const end = new Date(fromMs + ((toMs - fromMs) * (index + 1)) / count).toISOString();
    return {
      pageId: `page-${start}`,
      part: 'all',
      claim: [[start, end] as const],
      askedFrom: start,
      askedTo: end,
      rows: 37 * index,
      sha256: createHash('sha256').update(start).digest('hex'),
      answeredAt: ago(0.01),
      storedAt: ago(0.01),
      answered: [],
      replayOf: null,
    };
  });
}

/** One account with a gap for every reason, and a key that is refused. */
export function troubledAccount(): Status {
  return statusOf('troubled22222222222222', {
    status: 'needs-attention',
    problems: [
      answerProblem(describeProblem({ code: 'key-frozen' })),
      answerProblem(describeProblem({ code: 'unexpected-answer', stream: 'deposits' })),
    ],
    streams: [
      stream('spot-trades', [
        ['expired-unread', 80, 76],
        ['quarantined', 84, 83],
        ['too-dense', 50, 49.9],
        ['not-yet-read', 20, 12],
      ]),
      stream('futures-trades', [['not-opened', 85, 0]]),
      stream('withdrawals', [['refused', 40, 0]]),
      stream('deposits'),
    ],
  });
}

/** Every year is there from the account's first day on; nothing to do. */
export function cleanAccount(): Status {
  const start = Date.UTC(2026, 0);
  return statusOf('clean22222222222222222', {
    streams: streams.map(({ name }) => ({ ...coveredFrom(start, name), gaps: [] })),
  });
}

/** Movements are there, trades as far back as BitMart still served them. */
export function partialAccount(): Status {
  return statusOf('partial222222222222222', {
    streams: streams.map(({ name }) =>
      name.endsWith('trades') || name === 'futures-flows'
        ? coveredFrom(Date.UTC(2026, 7, 28), name)
        : coveredFrom(Date.UTC(2025, 11, 1), name),
    ),
  });
}

/** Five years of movements, trades of the last ninety days. */
export function oldAccount(): Status {
  return statusOf('fiveyears2222222222222', {
    label: null,
    streams: streams.map(({ name }) =>
      coveredFrom(
        name.endsWith('s') && !name.startsWith('futures') && name !== 'spot-trades'
          ? Date.UTC(2021, 4, 3, 9, 30)
          : Date.UTC(2026, 7, 27),
        name,
      ),
    ),
  });
}

/** BitMart has ended its platform: what could be read has been read. */
export function closedAccount(): Status {
  const ended = [{ stream: 'spot-trades', endedAtMs: timetable.spotTradingEndMs }];
  const facts = { ended, requestedFromMs: historyStartMs, platformEndMs: timetable.platformEndMs };
  return {
    ...statusOf('closed2222222222222222', {
      status: 'closed',
      nextSyncAt: null,
      problems: [answerProblem(describeProblem({ code: 'exchange-closed', facts }))],
      streams: streams.map(({ name }) => {
        const covered = coveredFrom(nowMs - 85 * dayMs, name);
        return name === 'spot-trades' ? { ...covered, rows: 0, servedBack: null, complete: false } : covered;
      }),
    }),
    historyAtRiskAt: null,
  };
}

function coveredFrom(fromMs: number, name: string): StreamCoverage {
  const from = new Date(fromMs).toISOString();
  const through = ago(0.02);
  const reason = name.endsWith('trades') || name === 'futures-flows' ? 'expired-before-link' : 'reach-unknown';
  return {
    ...stream(name),
    from,
    covered: [[from, through]],
    servedBack: from,
    gaps: [{ from: new Date(historyStartMs).toISOString(), to: from, reason }],
  };
}

export function accountReport(status: Status): ReportData {
  return {
    asOf: new Date(nowMs).toISOString(),
    ownerId: status.ownerId,
    fleet: null,
    details: [detailOf(status)],
    streams,
  };
}

const manyStatuses: readonly AccountStatus[] = [
  'live',
  'live',
  'live',
  'backfilling',
  'paused',
  'needs-attention',
  'unlinked',
];

function riskText({ explanation }: AccountLine): string {
  return riskOf(explanation.findings) ?? '9999';
}

/** So many accounts in all states, in the order of a report. */
export function fleetReport(count: number, detailed = 20): ReportData {
  const lines = Array.from({ length: count }, (_, index) => {
    const status = manyStatuses[index % manyStatuses.length] as AccountStatus;
    const problems: AnswerProblem[] =
      status === 'needs-attention' ? [answerProblem(describeProblem({ code: 'wrong-key' }))] : [];
    const isTroubled = status === 'needs-attention' || status === 'backfilling';
    const ofStreams = streams.map(({ name }) =>
      stream(name, isTroubled ? [['not-yet-read', 88 - (index % 80), 4]] : []),
    );
    const historyAtRiskAt = status === 'unlinked' ? { historyAtRiskAt: null } : {};
    return lineOf(
      statusOf(`account${String(index).padStart(6, '0')}`, {
        ownerId: `user-${index}@example.com`,
        label: index % 5 === 0 ? null : `BitMart of user ${index}`,
        status,
        problems,
        streams: ofStreams,
        ...historyAtRiskAt,
      }),
    );
  }).sort((a, b) => riskText(a).localeCompare(riskText(b)));
  return {
    asOf: new Date(nowMs).toISOString(),
    ownerId: null,
    fleet: { accounts: lines, count },
    details: lines.slice(0, detailed).map(({ status }) => detailOf(status)),
    streams,
  };
}
