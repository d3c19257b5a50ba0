import type { AccountListing, AnswerProblem, Coverage, KeyAnswer, Status, StreamCoverage } from '../answers/index.ts';
import { printable } from '../answers/printable.ts';
import type { RangeAnswer } from '../workflows/messages.ts';
import { evidenceLines, verificationLines } from './evidence-text.ts';
import type { Paint } from './output.ts';
import { indent, pairs, table } from './table.ts';

/** An instant for people: UTC, to the minute. */
export function shortTime(iso: string | null): string {
  return iso === null ? '–' : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}

export function paintStatus(status: KeyAnswer['status'], paint: Paint): string {
  if (status === 'live') return paint('green', status);
  if (status === 'needs-attention' || status === 'closed') return paint('red', status);
  return paint('yellow', status);
}

export function problemLines(problems: readonly AnswerProblem[], paint: Paint): string {
  return problems
    .map((problem) => {
      const where = problem.stream === undefined ? '' : ` (${problem.stream})`;
      const title = `${paint('yellow', '!')} ${paint('bold', problem.code)}${where}`;
      return `${title}: ${printable(problem.message)}\n  → ${printable(problem.remedy)}`;
    })
    .join('\n');
}

export function keyAnswerText(title: string, answer: KeyAnswer, paint: Paint): string {
  const facts = pairs([
    ['account', answer.accountId ?? '–'],
    ['status', paintStatus(answer.status, paint)],
    ['already linked', answer.alreadyLinked ? 'yes' : 'no'],
    ['read only', answer.readOnly === null ? 'not told by the exchange' : answer.readOnly ? 'yes' : paint('red', 'no')],
    ['permissions', answer.permissions.map(printable).join(', ') || '–'],
    ['key expires', shortTime(answer.keyExpiresAt)],
  ]);
  return [paint('bold', title), indent(facts), problemLines(answer.problems, paint)].filter(Boolean).join('\n');
}

export interface ListView {
  readonly withOwners: boolean;
  /** Said where there is nothing to list. */
  readonly whenEmpty: string;
}

export function listText(accounts: readonly AccountListing[], view: ListView, paint: Paint): string {
  if (accounts.length === 0) return view.whenEmpty;
  const owner = view.withOwners ? ['owner'] : [];
  return table(
    ['account', ...owner, 'status', 'label', 'sub-account', 'linked (UTC)', 'at risk'].map((title) => ({ title })),
    accounts.map((account) => [
      account.accountId,
      ...(view.withOwners ? [printable(account.ownerId)] : []),
      paintStatus(account.status, paint),
      printable(account.label ?? '–'),
      printable(account.subAccount ?? '–'),
      shortTime(account.linkedAt),
      shortTime(account.historyAtRiskAt),
    ]),
  );
}

export function statusText(status: Status, paint: Paint): string {
  const facts = pairs([
    ['label', printable(status.label ?? '–')],
    ...(status.subAccount === null ? [] : [['sub-account', printable(status.subAccount)] as const]),
    ...(status.keyExpiresAt === null ? [] : [['key expires', shortTime(status.keyExpiresAt)] as const]),
    ['next sync', shortTime(status.nextSyncAt)],
    ['history at risk', shortTime(status.historyAtRiskAt)],
  ]);
  return [
    `${paint('bold', status.accountId)}  ${paintStatus(status.status, paint)}`,
    indent(facts),
    problemLines(status.problems, paint),
    streamsTable(status.streams, paint),
    status.streams.flatMap((stream) => asideLines(stream, paint)).join('\n'),
  ]
    .filter(Boolean)
    .join('\n');
}

export function coverageText(coverage: Coverage, paint: Paint): string {
  const details = coverage.streams.map((stream) => {
    const gaps = stream.gaps.map(
      (gap) => `gap      ${shortTime(gap.from)} → ${shortTime(gap.to)}  ${paint('yellow', gap.reason)}`,
    );
    const covered =
      stream.evidence === undefined
        ? stream.covered.map(([from, to]) => `covered  ${shortTime(from)} → ${shortTime(to)}`)
        : evidenceLines(stream, paint);
    const aside = (stream.quarantined ?? []).map(
      ({ reason, rows }) => `aside    ${rowCount(rows)} that can't be read: ${paint('yellow', reason)}`,
    );
    const served = stream.servedBack === null ? [] : [`served   back to ${shortTime(stream.servedBack)}`];
    const lines = [...covered, ...gaps, ...aside, ...served];
    return [paint('bold', stream.stream), indent(lines.join('\n') || 'not read yet')].join('\n');
  });
  return [
    `${paint('bold', coverage.accountId)}  as of ${shortTime(coverage.asOf)} UTC`,
    streamsTable(coverage.streams, paint),
    ...details,
    ...verificationLines(coverage, paint),
  ].join('\n');
}

function asideLines({ stream, quarantined = [] }: StreamCoverage, paint: Paint): readonly string[] {
  return quarantined.map(
    ({ reason, rows }) =>
      `${paint('yellow', '!')} ${stream}: ${rowCount(rows)} can't be read (${reason}); kept as served, and tried again by every later version`,
  );
}

function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${rows.toLocaleString('en-GB')} rows`;
}

/** What reading a range again has brought. */
export function rangeText(answer: RangeAnswer, paint: Paint): string {
  const facts = pairs([
    ['requests', String(answer.requests)],
    ['records served', String(answer.served)],
    ['inserted', String(answer.inserted)],
    ['changed', String(answer.changed)],
    ['unchanged', String(answer.unchanged)],
    ['set aside', String(answer.quarantined)],
  ]);
  const lines = [
    ...answer.newlyCovered.map(([from, to]) => `covered now  ${shortTime(from)} → ${shortTime(to)}`),
    ...answer.gaps.map(
      (gap) => `gap          ${shortTime(gap.from)} → ${shortTime(gap.to)}  ${paint('yellow', gap.reason)}`,
    ),
    ...(answer.beyondReachBefore === null
      ? []
      : [
          `Before ${shortTime(answer.beyondReachBefore)} an answer without records proves nothing: BitMart does not say that it serves so far back.`,
        ]),
    ...(answer.stopped === null ? [] : [paint('red', `Not all of it was asked: ${answer.stopped}`)]),
  ];
  const title = `${answer.stream}  ${shortTime(answer.from)} → ${shortTime(answer.to)} UTC, read again`;
  return [paint('bold', title), indent(facts), indent(lines.join('\n'))].filter(Boolean).join('\n');
}

function streamsTable(streams: readonly StreamCoverage[], paint: Paint): string {
  return table(
    [
      { title: 'stream' },
      { title: 'rows', align: 'right' },
      { title: 'complete' },
      { title: 'from (UTC)' },
      { title: 'through' },
      { title: 'gaps', align: 'right' },
      { title: 'at risk' },
      { title: 'last read' },
    ],
    streams.map((stream) => [
      stream.stream,
      stream.rows.toLocaleString('en-GB'),
      stream.complete ? paint('green', 'yes') : paint('yellow', 'no'),
      shortTime(stream.from),
      shortTime(stream.through),
      String(stream.gaps.length),
      shortTime(stream.atRiskAt),
      shortTime(stream.lastReadAt),
    ]),
  );
}
