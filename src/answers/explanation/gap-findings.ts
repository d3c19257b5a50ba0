import { horizonMs } from '../../history/horizon.ts';
import type { Stream } from '../../history/stream.ts';
import { harmless } from '../../history/summary.ts';
import { platformEndOf } from '../../history/timetable.ts';
import { gapTexts, missingRightText } from '../../problems/gap-texts.ts';
import type { AnswerProblem, GapReason, Severity, Status, StreamCoverage } from '../index.ts';
import type { ExplanationContext, FoundCause } from './finding.ts';
import { commandText, instantText } from './words.ts';

interface GapContext extends ExplanationContext {
  /** A problem of the whole account keeps it from being read; gaps wait for that. */
  readonly blocked: boolean;
}

/** Gaps: one finding per stream and reason. */
export function gapFindings(status: Status, context: GapContext): readonly FoundCause[] {
  return status.streams.flatMap((stream) => {
    // The stream's problem says why, and that it can't be changed.
    if (stream.unreadable === 'sub-account') return [];
    const findings = stretchesOf(stream).map((stretch) => gapFinding(status, stream, stretch, context));
    const isTold = stream.complete || findings.some(({ cause }) => !harmless.has(cause as GapReason));
    return isTold || stream.through !== null || stream.unreadable !== undefined
      ? findings
      : [...findings, unread(status, stream, context)];
  });
}

/** All gaps of one reason in one stream. */
interface Stretch {
  readonly reason: GapReason;
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

function stretchesOf(stream: StreamCoverage): readonly Stretch[] {
  // Time since the last read is not a gap unless the next read is overdue.
  const mayWait = stream.missingRight === undefined;
  const gaps = stream.gaps.filter(
    ({ reason, from }) => reason !== 'not-yet-read' || (mayWait && (!stream.complete || isHole(from))),
  );
  return [...new Set(gaps.map(({ reason }) => reason))].map((reason) => {
    const same = gaps.filter((gap) => gap.reason === reason);
    const from = same.map((gap) => gap.from).sort()[0] as string;
    const to = same
      .map((gap) => gap.to)
      .sort()
      .at(-1) as string;
    return { reason, from, to, count: same.length };
  });
  function isHole(from: string): boolean {
    return stream.through !== null && from < stream.through;
  }
}

function gapFinding(status: Status, stream: StreamCoverage, stretch: Stretch, context: GapContext): FoundCause {
  const { reason } = stretch;
  const lacks = reason === 'refused' ? stream.missingRight : undefined;
  const declared = context.streams.find(({ name }) => name === stream.stream);
  const readableMs = declared === undefined ? null : firstReadableMs(declared, stretch, context.nowMs);
  const severity = lacks === undefined ? severityOf(reason) : 'notice';
  const isClosed = status.status === 'closed';
  const waitsForKey = reason === 'refused' || (reason === 'not-yet-read' && isRefused(stream));
  const isWithdrawn = waitsForKey && status.problems.some((each) => isWithdrawal(each, stream));
  const isSavable =
    severity === 'error' && reason !== 'expired-unread' && readableMs !== null && !isClosed && !isWithdrawn;
  const several = stretch.count === 1 ? '' : ` (${stretch.count} stretches)`;
  const where = `${stream.stream}, ${instantText(stretch.from)} to ${instantText(stretch.to)}${several}`;
  return {
    severity,
    cause: reason,
    stream: stream.stream,
    atRiskAt: isSavable && declared !== undefined ? deadline(declared, readableMs, context) : null,
    sentence: `${where}: ${(lacks === undefined ? gapTexts[reason] : missingRightText(lacks)).meaning}${requestedOn(stream, reason)}${reason === 'quarantined' ? quarantinedRows(stream) : ''}`,
    ...fix(),
  };

  function fix(): Fix {
    if (lacks !== undefined) return { remedy: missingRightText(lacks).remedy, command: null };
    if (isWithdrawn) return { remedy: onlyAnExport, command: null };
    return isClosed && severity === 'error'
      ? requestedNoMore
      : fixes[reason]({ status, stream, stretch, context, isSavable });
  }
}

/** The date of the requests that a gap refers to. */
function requestedOn({ requestedAt }: StreamCoverage, reason: GapReason): string {
  const wasRequested = reason === 'expired-before-link' || reason === 'reach-unknown';
  return wasRequested && requestedAt ? ` It was requested on ${instantText(requestedAt)}.` : '';
}

function quarantinedRows({ quarantined = [] }: StreamCoverage): string {
  if (quarantined.length === 0) return '';
  const texts = quarantined.map(({ reason, rows }) => `${rows === 1 ? 'one row' : `${rows} rows`} (${reason})`);
  return ` Quarantined: ${texts.join(', ')}.`;
}

/** No key can read it any more. */
function isWithdrawal({ code, stream, facts }: AnswerProblem, { stream: name }: StreamCoverage): boolean {
  return code === 'exchange-closed' && stream === name && facts.isEndpointWithdrawn === true;
}

function isRefused({ gaps }: StreamCoverage): boolean {
  return gaps.some(({ reason }) => reason === 'refused');
}

function severityOf(reason: GapReason): Severity {
  return harmless.has(reason) || reason === 'not-opened' ? 'notice' : 'error';
}

/** The first instant of a stretch that can still be requested; null if all of it is out of reach. */
function firstReadableMs(stream: Stream, { from, to }: Stretch, nowMs: number): number | null {
  const firstMs = Math.max(Date.parse(from), horizonMs(stream, nowMs));
  if (firstMs < Date.parse(to)) return firstMs;
  // How far back movements are served is not documented; they are requested all the way back.
  return stream.reachIsDocumented ? null : Date.parse(from);
}

function deadline(stream: Stream, readableMs: number, { timetable, nowMs }: GapContext): string {
  const platformEndMs = platformEndOf(timetable);
  const lostMs = readableMs + stream.reachMs;
  // Records beyond the reach are served for an unknown time, at the latest until the platform ends.
  const endMs = lostMs < nowMs ? (platformEndMs ?? nowMs) : Math.min(lostMs, platformEndMs ?? Number.POSITIVE_INFINITY);
  return new Date(endMs).toISOString();
}

function unread(status: Status, { stream, atRiskAt }: StreamCoverage, context: GapContext): FoundCause {
  const sentence = `${stream}: no answer of BitMart proves any of it yet.`;
  return { severity: 'error', cause: 'not-yet-read', stream, atRiskAt, sentence, ...waiting(status, context) };
}

interface GapCase {
  readonly status: Status;
  readonly stream: StreamCoverage;
  readonly stretch: Stretch;
  readonly context: GapContext;
  readonly isSavable: boolean;
}

type Fix = Pick<FoundCause, 'remedy' | 'command'>;

const onlyAnExport = gapTexts['expired-unread'].remedy;
const outOfReach: Fix = { remedy: `It is out of reach now. ${onlyAnExport}`, command: null };
const requestedNoMore: Fix = { remedy: `Nothing is requested any more. ${onlyAnExport}`, command: null };
const onceRead = 'It can be requested again once the account is read.';

const fixes: Readonly<Record<GapReason, (gap: GapCase) => Fix>> = {
  'not-yet-read': ({ status, stream, context }) =>
    isRefused(stream)
      ? { remedy: 'It is requested once BitMart lets the key read this stream.', command: null }
      : waiting(status, context),
  'expired-before-link': asReported,
  'expired-unread': () => ({
    remedy: `${onlyAnExport} Find out why it was not read (paused, no worker, key refused), so that no more is lost.`,
    command: null,
  }),
  'reach-unknown': asReported,
  'too-dense': (gap) => again(gap, gapTexts['too-dense'].remedy, 'To request it once more:'),
  refused: ({ status, isSavable }) =>
    isSavable
      ? {
          remedy:
            'If BitMart has withdrawn this, no key can read it. Otherwise the user ticks “Read Only” for this key at BitMart; it is requested again at every sync. To replace the key:',
          command: commandText(status, 'rotate'),
        }
      : outOfReach,
  'not-opened': asReported,
  'unexpected-answer': requestedLater,
  unanswered: requestedLater,
  quarantined: (gap) =>
    again(gap, 'An upgrade that understands it reads it automatically.', 'To request it from BitMart again:'),
};

function asReported({ stretch }: GapCase): Fix {
  return { remedy: gapTexts[stretch.reason].remedy, command: null };
}

/** What BitMart is asked for again automatically, while the account is read. */
function requestedLater(gap: GapCase): Fix {
  if (!gap.context.blocked) return asReported(gap);
  return {
    remedy: 'It is requested again once the account is read. Meanwhile the user can compare with the BitMart website.',
    command: null,
  };
}

function waiting(account: Status, { blocked }: GapContext): Fix {
  if (account.status === 'closed') return requestedNoMore;
  if (blocked) return { remedy: 'It is read as soon as the account can be read again.', command: null };
  if (account.status === 'backfilling') {
    return { remedy: 'The first read is in progress, oldest first. No action needed.', command: null };
  }
  return {
    remedy: 'It is read at the next sync. To read it now:',
    command: commandText(account, 'sync'),
  };
}

function again({ status, stream, stretch, context, isSavable }: GapCase, remedy: string, use: string): Fix {
  if (!isSavable) return outOfReach;
  if (context.blocked) return { remedy: `${remedy} ${onceRead}`, command: null };
  const range = `--stream ${stream.stream} --from ${stretch.from} --to ${stretch.to}`;
  return { remedy: `${remedy} ${use}`, command: commandText(status, 'sync', range) };
}
