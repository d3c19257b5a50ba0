import { type Opportunities, partsAskedWith, unitOf } from './opportunities.ts';
import type { StreamName } from './plan.ts';
import { endOf } from './plan-exchange.ts';
import { contains, minus, overlap, text } from './ranges.ts';
import type { LoggedRequest } from './request-log.ts';
import type { SimulatedRun } from './simulated-run.ts';
import type { StoredGap, StoredPart } from './stored-history.ts';
import { isList, isRare, isUnseen } from './streams.ts';
import { documentedReachMs } from './watch.ts';

const hourMs = 3_600_000;

interface GapCheck {
  readonly gap: StoredGap;
  readonly part: StoredPart;
  readonly run: SimulatedRun;
  readonly requests: readonly LoggedRequest[];
  /** Those of a window that holds some of the gap. */
  readonly overlapping: readonly LoggedRequest[];
}

/** What is untrue about a gap's reason, by what was asked and answered; null when it is a fact. */
export function checkReason(
  gap: StoredGap,
  part: StoredPart,
  run: SimulatedRun,
  opportunities: Opportunities,
): string | null {
  const requests = run.exchange.log.of(part.stream, part.part);
  const check: GapCheck = {
    gap,
    part,
    run,
    requests,
    overlapping: requests.filter((request) => overlap(request, gap)),
  };
  const hasFailed = (...kinds: string[]) => requests.some(({ failure }) => failure !== null && kinds.includes(failure));
  switch (gap.reason) {
    case 'expired-before-link':
      return notExpired(check) ?? notEmpty(check);
    case 'reach-unknown':
      return notEmpty(check);
    case 'expired-unread':
      return gap.to > run.exchange.nowMs - documentedReachMs + 2 * hourMs ? 'it is within the documented reach' : null;
    case 'not-yet-read':
      return alreadyRead(check, opportunities);
    case 'too-dense':
      return notDense(check);
    case 'quarantined':
      return run.watch.part(run.accountId, part.stream, part.part).quarantined.size === 0
        ? 'every row could be read'
        : null;
    case 'refused':
      // Of an unknown stream, an answer without sense counts as a refusal.
      return hasFailed('refused-key', 'refused-stream') ||
        (isUnseen(part.stream) && hasFailed('unexpected')) ||
        (part.stream === 'margin-loans' && hasFailed('unknown-symbol'))
        ? null
        : 'nothing was refused';
    case 'not-opened':
      return hasFailed('not-opened') ? null : 'the account is opened';
    case 'unanswered':
      return check.overlapping.some(({ failure }) => failure !== null) ? null : 'every request for it was answered';
    case 'unexpected-answer':
      return check.overlapping.length > 0 ? null : 'it was never requested';
    default:
      return 'that is no reason';
  }
}

/** Requested and refused, or older than the documented reach by then; and nothing of it is younger than the first read. */
function notExpired({ gap, requests, overlapping, run }: GapCheck): string | null {
  const firstMs = requests.find(({ failure }) => failure === null)?.atMs ?? run.exchange.nowMs;
  if (gap.to > firstMs) return 'it is younger than the first read';
  const wasRefused = olderThanRefused(requests).length > 0 || overlapping.some(({ failure }) => failure !== null);
  const isOld = gap.to <= lastOf(overlapping) - documentedReachMs + 2 * hourMs;
  return wasRefused || isOld ? null : 'it was within the documented reach';
}

/** Everything of it was requested, and nothing came. */
function notEmpty({ gap, part, requests, run }: GapCheck): string | null {
  const { exchange, originMs, watch, accountId } = run;
  const wanted = [{ from: Math.max(gap.from, originMs), to: gap.to }];
  const unrequested = minus(wanted, [...requests, ...olderThanRefused(requests, originMs)]);
  if (unrequested.length > 0) return `${text(unrequested)} was never requested`;
  // Of the oldest record's own unit nothing is known; what is no longer served was requested again since it came.
  const inner = { from: gap.from, to: gap.to - unitOf({ stream: part.stream as StreamName }) };
  // Of a list that stored them nothing more is known than what it claims; and where bounds are ignored for good, no request
  // is answered as asked.
  if (isList(part.stream) || run.isHopeless) return null;
  const kept = [...watch.part(accountId, part.stream, part.part).kept.keys()];
  const came = kept.find(
    (record) => contains(inner, record.at) && exchange.history.servable(record, lastOf(askedFor(record.at, requests))),
  );
  return came ? `a record of ${new Date(came.at).toISOString()} came` : null;
}

/** Everything older than a window that is too old is too old. */
function olderThanRefused(requests: readonly LoggedRequest[], originMs = 0) {
  const refused = requests.filter(({ failure }) => failure === 'beyond-reach');
  return refused.map(({ from }) => ({ from: originMs, to: from }));
}

/** Answered or not, or refused as too old together with what is younger. */
function askedFor(atMs: number, requests: readonly LoggedRequest[]) {
  return requests.filter(
    (request) => contains(request, atMs) || (request.failure === 'beyond-reach' && atMs < request.from),
  );
}

function lastOf(requests: readonly LoggedRequest[]): number {
  return Math.max(...requests.map(({ atMs }) => atMs));
}

/** After a last sync that came to its end, only what fails and what is newest is still to be read. */
function alreadyRead({ gap, part, overlapping, run }: GapCheck, opportunities: Opportunities): string | null {
  const last = run.syncs.findLast(({ isCutShort }) => !isCutShort);
  if (last === undefined || !run.endedWell || run.isHopeless || opportunities.isDelisted(part, last.startMs))
    return null;
  const { doubted } = run.watch.part(run.accountId, part.stream, part.part);
  const fails = overlapping.some(({ failure }) => failure !== null) || doubted.some((range) => overlap(range, gap));
  // A stream whose own end has passed, or whose records are rare, is read once a day.
  const endMs = endOf({ stream: part.stream as StreamName }, run.plan.timetable);
  const rests = isRare(part.stream) || (endMs !== null && endMs <= last.startMs);
  const restsMs = rests ? 24 * hourMs : 0;
  // It may have gone on with a read that an earlier sync began, to the end that this one had.
  const begunMs = opportunities.goesOnFromMs({ stream: part.stream as StreamName }, last);
  if (fails || gap.from >= begunMs - restsMs - 2 * hourMs) return null;
  return `everything was read at ${new Date(last.startMs).toISOString()}`;
}

function notDense({ gap, part, requests, run: { plan, exchange } }: GapCheck): string | null {
  const planned = plan.streams.find(({ name }) => name === part.stream);
  const most = Math.min(planned?.cap ?? 0, planned?.servedCap ?? 0, 50);
  const unitMs = unitOf({ stream: part.stream as StreamName });
  if (isList(part.stream)) {
    const served = exchange.history.recordsOf(part.stream, part.part);
    const most = Math.min(planned?.cap ?? 0, planned?.servedCap ?? 0);
    // So many rows look as if there were more, whatever the cap is.
    const isFull = requests.some(({ atMs }) => countAt(atMs) >= most - 1 || Math.abs(countAt(atMs) - 50) <= 1);
    return isFull ? null : 'the list was never full';

    function countAt(atMs: number): number {
      return served.filter((record) => exchange.history.servable(record, atMs)).length;
    }
  }
  const rows = partsAskedWith(plan, part).flatMap((each) =>
    exchange.history.recordsWithin(part.stream, each, gap.from - unitMs, gap.to + unitMs),
  );
  return rows.length < most ? `there are ${rows.length} records` : null;
}
