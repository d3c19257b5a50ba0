import { ExchangeFailure, type FailureDetails } from './failure.ts';
import { alignDown, alignUp, horizonMs } from './horizon.ts';
import { isFull } from './judge-page.ts';
import { widestCoreMs } from './next-question.ts';
import { Counts, commit, type PartReading, type PartResult, type ReadContext } from './part-reading.ts';
import type { PartReference } from './ports.ts';
import { intersection, type Range, type RangeSet } from './range-set.ts';
import { askWithin, notEvidence, objectionsAtMost } from './read-part.ts';
import { asItStands } from './read-progress.ts';
import { divideUnit } from './unit.ts';
import { WindowSizer } from './window-sizer.ts';

export interface RangeRead extends PartResult {
  /** Everything from here on is still to be asked; null when the range was read to its end, or something stands in the way. */
  readonly nextMs: number | null;
}

/**
 * Asks once more for a chosen range of one part, whatever is known of it: also what is too dense, quarantined, or beyond the
 * reach (what comes from there is stored and can't be claimed). Each page is judged and stored like any other; the read that
 * may be under way keeps its plan, less what is proved here. Throws FenceLost when another attempt has taken over.
 */
export async function readRange(context: ReadContext, reference: PartReference, range: Range): Promise<RangeRead> {
  const { stream } = reference;
  const counts = new Counts(reference.part);
  const { fence } = await context.store.openPart(reference);
  const reading: PartReading = { ...context, reference, fence, counts, progress: { ...asItStands } };
  try {
    await context.exchange.measureClock(context.signal);
    const clockMs = context.exchange.clockMs();
    const asked = {
      from: alignDown(range.from, stream.unitMs),
      to: Math.min(alignUp(range.to, stream.unitMs), alignDown(clockMs - context.settings.settleLagMs, stream.unitMs)),
    };
    const nextMs = await readPieces(reading, piecesOf(asked, horizonMs(stream, clockMs)));
    return { ...counts.result(nextMs === null, null), nextMs };
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    return { ...counts.result(false, error.details satisfies FailureDetails), nextMs: null };
  }
}

/** What lies beyond the reach is asked for separately, so that its failure spoils nothing. */
function piecesOf({ from, to }: Range, horizon: number): Range[] {
  const pieces = [
    { from, to: Math.min(to, horizon) },
    { from: Math.max(from, horizon), to },
  ];
  return pieces.filter((piece) => piece.from < piece.to);
}

/** Oldest first. Answers with where to go on, or null when all was asked. */
async function readPieces(reading: PartReading, pieces: Range[]): Promise<number | null> {
  const { stream, part } = reading.reference;
  const sizer = new WindowSizer(stream);
  const suspects: Range[] = [];
  let objections = 0;
  while (pieces.length > 0 || suspects.length > 0) {
    if (reading.budget.spent() || reading.signal.aborted) return suspects[0]?.from ?? pieces[0]?.from ?? null;
    const [piece] = pieces;
    const core = piece
      ? { from: piece.from, to: sizer.cut(piece, widestCoreMs(stream)) }
      : cutDifferently(suspects.shift() as Range, reading);
    const page = await askWithin(reading, { part, core });
    if (page === 'beyond-reach') {
      if (piece) takeOff(pieces, core.to);
      continue;
    }
    const { decision } = await commit(reading, page);
    if (decision.verdict.kind === 'no-evidence') {
      if (++objections >= objectionsAtMost) throw notEvidence(reading, page, decision.verdict.reason);
      if (!piece) suspects.unshift(core);
      continue;
    }
    objections = 0;
    const full = isFull(page, stream);
    if (full && core.to - core.from <= stream.unitMs) await divideUnit(reading, page);
    else sizer.learn(page, full);
    if (full && core.to - core.from > stream.unitMs) {
      // A second look that overflows is cut like everything else.
      if (!piece) pieces.push(core);
      continue;
    }
    if (!piece) continue;
    takeOff(pieces, core.to);
    if (decision.verdict.kind === 'unconfirmed') suspects.push(...withinSuspect(core, decision.state.suspect));
  }
  return null;
}

function takeOff(pieces: Range[], throughMs: number): void {
  const [piece] = pieces;
  if (!piece) return;
  if (throughMs >= piece.to) pieces.shift();
  else pieces[0] = { from: throughMs, to: piece.to };
}

function withinSuspect(core: Range, suspect: RangeSet): RangeSet {
  return intersection([core], suspect);
}

const marginMs = 13 * 3_600_000;

/** An answer that a default window could have given, asked again with another beginning. */
function cutDifferently({ from, to }: Range, { reference: { stream } }: PartReading): Range {
  const wider = alignDown(from - marginMs, stream.unitMs);
  return { from: Math.max(wider, to - widestCoreMs(stream)), to };
}
