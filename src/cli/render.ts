import type { Explanation } from '../answers/explanation/explanation.ts';
import type { Finding } from '../answers/explanation/finding.ts';
import type {
  AccountListing,
  AccountVerdict,
  AnswerProblem,
  KeyAnswer,
  Status,
  StreamCoverage,
} from '../answers/index.ts';
import { printable } from '../answers/printable.ts';
import { minuteText } from '../history/iso-time.ts';
import type { RangeAnswer } from '../workflows/messages.ts';
import type { Paint } from './output.ts';
import { indent, pairs, table } from './table.ts';

/** An instant for people: UTC, to the minute. */
export function shortTime(iso: string | null): string {
  return iso === null ? '–' : minuteText(iso);
}

function paintStatus(status: KeyAnswer['status'], paint: Paint): string {
  if (status === 'live') return paint('green', status);
  if (status === 'needs-attention' || status === 'closed') return paint('red', status);
  return paint('yellow', status);
}

const marks = {
  error: { mark: '✗', colour: 'red' },
  warning: { mark: '!', colour: 'yellow' },
  notice: { mark: 'i', colour: 'dim' },
} as const;

/** With the operator's texts. */
function problemLines(problems: readonly AnswerProblem[], paint: Paint): string {
  return problems
    .map((problem) => {
      const where = problem.stream === undefined ? '' : ` (${problem.stream})`;
      const { mark, colour } = marks[problem.severity];
      const title = `${paint(colour, mark)} ${paint('bold', problem.code)}${where}`;
      const { message, remedy } = problem.operator;
      return `${title}: ${printable(message)}\n  → ${printable(remedy)}`;
    })
    .join('\n');
}

export function keyAnswerText(title: string, answer: KeyAnswer, paint: Paint): string {
  const facts = pairs([
    ['account', answer.accountId ?? '–'],
    ['status', paintStatus(answer.status, paint)],
    ['already linked', answer.alreadyLinked ? 'yes' : 'no'],
    ['read only', answer.readOnly === null ? 'BitMart does not say' : answer.readOnly ? 'yes' : paint('red', 'no')],
    ['permissions', answer.permissions.map(printable).join(', ') || '–'],
    ['key expires', shortTime(answer.keyExpiresAt)],
  ]);
  return [paint('bold', title), indent(facts), problemLines(answer.problems, paint)].filter(Boolean).join('\n');
}

interface ListView {
  readonly withOwners: boolean;
  /** Shown if the list is empty. */
  readonly whenEmpty: string;
}

export function listText(accounts: readonly AccountListing[], view: ListView, paint: Paint): string {
  if (accounts.length === 0) return view.whenEmpty;
  const owner = view.withOwners ? ['owner'] : [];
  const hasSubAccounts = accounts.some(({ subAccount }) => subAccount !== null);
  const subAccount = hasSubAccounts ? ['sub-account'] : [];
  const linked = view.withOwners ? [] : ['linked'];
  return table(
    ['account', ...owner, 'status', 'label', ...subAccount, ...linked, 'at risk'].map((title) => ({
      title,
      ...(flexible.has(title) && { isFlexible: true }),
    })),
    accounts.map((account) => [
      account.accountId,
      ...(view.withOwners ? [printable(account.ownerId)] : []),
      paintStatus(account.status, paint),
      printable(account.label ?? '–'),
      ...(hasSubAccounts ? [printable(account.subAccount ?? '–')] : []),
      ...(view.withOwners ? [] : [day(account.linkedAt)]),
      day(account.historyAtRiskAt),
    ]),
  );
}

const flexible: ReadonlySet<string> = new Set(['owner', 'label', 'sub-account']);

function day(iso: string | null): string {
  return iso === null ? '–' : iso.slice(0, 10);
}

export function statusText(status: Status, paint: Paint): string {
  const facts = pairs([
    ['label', printable(status.label ?? '–')],
    ...(status.subAccount === null ? [] : [['sub-account', printable(status.subAccount)] as const]),
    ...(status.keyExpiresAt === null ? [] : [['key expires', shortTime(status.keyExpiresAt)] as const]),
    ['last read', shortTime(lastReadOf(status))],
    ['next sync', shortTime(status.nextSyncAt)],
    ['history at risk', shortTime(status.historyAtRiskAt)],
  ]);
  return [
    `${paint('bold', status.accountId)}  ${paintStatus(status.status, paint)}`,
    indent(facts),
    problemLines(status.problems, paint),
    streamsTable(status.streams, paint),
    verdictLines(status, paint),
    status.streams.flatMap((stream) => asideLines(stream, paint)).join('\n'),
  ]
    .filter(Boolean)
    .join('\n');
}

/** Why a sync has not read everything, and whether it is tried again. */
export function notSyncedText({ problems, nextSyncAt }: Pick<Status, 'problems' | 'nextSyncAt'>): string {
  const reason = problems.find(({ severity }) => severity === 'error')?.message;
  const again = nextSyncAt === null ? '' : ' It is tried again.';
  return `Not synced: ${reason ?? 'BitMart did not answer for everything.'}${again}`;
}

/** Without a worker, or of a long history, the erasure has only begun when the command ends. */
export function unlinkedText(accountId: string, erase: boolean): string {
  const history = erase
    ? 'Its key is deleted. A worker deletes its history; the event `erased` says when that is done.'
    : 'Its history stays.';
  return `Unlinked ${accountId}. ${history}`;
}

export function verdictLines({ complete, unreadable, balances }: AccountVerdict, paint: Paint): string {
  const verdict = complete
    ? paint('green', 'Everything that the key can read is complete.')
    : paint('yellow', 'Not everything that the key can read is complete.');
  const left = unreadable.map(({ stream, reason, right }) => {
    const why = {
      'missing-right': `BitMart serves it only to keys with ${right === 'unknown' ? 'another right' : `the right “${right}”`}`,
      'not-opened': 'BitMart’s answers show no such account',
      'sub-account': 'BitMart serves it to no key of a sub-account; the history of the main account has it',
      unprovable: 'BitMart serves a list without a time, which proves only what lies between its records',
    }[reason];
    return `Left out: ${stream} (${why}).`;
  });
  return [verdict, ...left, ...balanceLines(balances, paint)].join('\n');
}

function balanceLines(balances: AccountVerdict['balances'], paint: Paint): readonly string[] {
  if (balances === null) return [];
  const text = {
    balanced: paint('green', 'agree with the records'),
    unexplained: paint('yellow', 'differ from the records: see reconcile'),
    'not-comparable': 'can not be compared with the records yet',
  }[balances.verdict];
  return [`Balances ${text} (${shortTime(balances.at)}).`];
}

function asideLines({ stream, quarantined = [] }: StreamCoverage, paint: Paint): readonly string[] {
  return quarantined.map(
    ({ reason, rows }) =>
      `${paint('yellow', '!')} ${stream}: ${rowCount(rows)} can't be read (${printable(reason)}); kept as served, and tried again by every later version`,
  );
}

function lastReadOf({ streams }: Status): string | null {
  return (
    streams
      .flatMap(({ lastReadAt }) => (lastReadAt === null ? [] : [lastReadAt]))
      .sort()
      .at(-1) ?? null
  );
}

export function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${rows.toLocaleString('en-GB')} rows`;
}

/** The result of requesting a range again. */
export function rangeText(answer: RangeAnswer, paint: Paint): string {
  const facts = pairs([
    ['requests', String(answer.requests)],
    ['records served', String(answer.served)],
    ['inserted', String(answer.inserted)],
    ['changed', String(answer.changed)],
    ['unchanged', String(answer.unchanged)],
    ['quarantined', String(answer.quarantined)],
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
    ...(answer.stopped === null ? [] : [paint('red', `Not all of it was requested: ${answer.stopped}`)]),
  ];
  const title = `${answer.stream}  ${shortTime(answer.from)} → ${shortTime(answer.to)} UTC, read again`;
  return [paint('bold', title), indent(facts), indent(lines.join('\n'))].filter(Boolean).join('\n');
}

export function streamsTable(streams: readonly StreamCoverage[], paint: Paint): string {
  return table(
    [
      { title: 'stream' },
      { title: 'rows', align: 'right' },
      { title: 'complete' },
      { title: 'from' },
      { title: 'through (UTC)' },
      { title: 'gaps', align: 'right' },
    ],
    streams.map((stream) => [
      stream.stream,
      stream.rows.toLocaleString('en-GB'),
      stream.complete ? paint('green', 'yes') : paint('yellow', stream.unreadable === undefined ? 'no' : '–'),
      day(stream.from),
      shortTime(stream.through),
      String(stream.gaps.length),
    ]),
  );
}

/** An explanation for people: the summary, then one paragraph per finding. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const { accountId, label, status, findings } = explanation;
  const title = `${paint('bold', accountId)}${label === null ? '' : ` (${printable(label)})`}  ${paintStatus(status, paint)}`;
  return [title, explanation.summary, ...findings.map((finding) => findingText(finding, paint))].join('\n\n');
}

function findingText({ severity, sentence, remedy, command }: Finding, paint: Paint): string {
  const lines = [`${mark(severity, paint)} ${printable(sentence)}`];
  if (remedy !== null) lines.push(indent(`→ ${printable(remedy)}`));
  if (command !== null) lines.push(indent(paint('cyan', printable(command)), 6));
  return lines.join('\n');
}

function mark(severity: Finding['severity'], paint: Paint): string {
  if (severity === 'error') return paint('red', '✗');
  return severity === 'warning' ? paint('yellow', '!') : paint('dim', '·');
}
