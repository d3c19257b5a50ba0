import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { loadParts, noteRecordsChanged } from '../database/index.ts';
import { horizonMs } from '../history/horizon.ts';
import { isoRanges, isoTime } from '../history/iso-time.ts';
import { totalOf } from '../history/page-counts.ts';
import { createBudget } from '../history/part-reading.ts';
import { streamsOf } from '../history/parts.ts';
import { difference, intersection, type Range, rangeSet } from '../history/range-set.ts';
import { type RangeRead, readRange } from '../history/read-range.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStream } from '../history/summary.ts';
import { activeKey } from './active-key.ts';
import type { Activities, RangeChunk } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { whileAlive } from './heartbeats.ts';
import { untilLastPage } from './last-page.ts';

/** The reported ranges fit in a few hundred bytes, however many there are. */
const maxRanges = 20;

/** Reads a range of one stream again, a chunk at a time, and reports the result. */
export function createReadRange(dependencies: Dependencies): Activities['readRange'] {
  return async ({ accountId, stream: name, from, to, next }) => {
    const { exchange, store, settings, onDiscarded } = dependencies;
    const context = Context.current();
    // A worker that stops reports what it has read: another attempt would not count it.
    const signal = untilLastPage(context);
    const key = await activeKey(dependencies, accountId);
    const stored = await loadParts(dependencies.database, accountId);
    const stream = streamsOf(exchange.streams, stored).find((candidate) => candidate.name === name);
    if (key === null) throw refused('The account has no key that could be asked with.');
    if (stream === undefined) throw refused(`There is no stream ${name}.`);
    const range = { from: Date.parse(from), to: Date.parse(to) };
    const chunk = createBudget({ pages: settings.chunkPages, durationMs: settings.chunkMs });
    let requests = 0;
    const budget = {
      ...chunk,
      spend(pages: number) {
        requests += pages;
        chunk.spend(pages);
      },
      spent: () => chunk.spent() || context.cancellationSignal.aborted,
    };
    const { reader, keyId } = key;
    const reading = { exchange, reader, keyId, store, settings, budget, signal, onDiscarded, doubtsRemoval: true };
    const before = await standing(dependencies, accountId, stream, range);
    const reads: RangeRead[] = [];
    let left: RangeChunk['next'] = null;
    await whileAlive(async () => {
      for (const part of partsFrom(stream, next?.part)) {
        const isFirst = part !== next?.part;
        const read = await readRange(reading, { accountId, stream, part }, { ...range, isFirst });
        reads.push(read);
        if (read.nextMs !== null) left = { part, from: isoTime(read.nextMs) };
        if (read.nextMs !== null || read.blocked !== null) break;
      }
    });
    await noteRecordsChanged(dependencies.database, { accountId, streams: exchange.streams, goesOn: left !== null });
    const after = await standing(dependencies, accountId, stream, range);
    const { pages: _, ...counts } = totalOf(reads);
    const newest = [{ from: exchange.clockMs() - settings.settleLagMs, to: Number.POSITIVE_INFINITY }];
    const reachFromMs = horizonMs(stream, exchange.clockMs());
    return {
      requests,
      ...counts,
      newlyCovered: isoRanges(difference(after.covered, before.covered).slice(0, maxRanges)),
      gaps: after.gaps
        .filter((gap) => intersection([gap], newest).length === 0)
        .slice(0, maxRanges)
        .map((gap) => ({ from: isoTime(gap.from), to: isoTime(gap.to), reason: gap.reason })),
      beyondReachBefore: range.from < reachFromMs ? isoTime(reachFromMs) : null,
      stopped: reads.find((read) => read.blocked)?.blocked?.message ?? null,
      next: left,
    };
  };
}

function partsFrom(stream: Stream, part: string | undefined): readonly string[] {
  return part === undefined ? stream.parts : stream.parts.slice(stream.parts.indexOf(part));
}

/** The coverage and the gaps of a range. */
async function standing(dependencies: Dependencies, accountId: string, stream: Stream, range: Range) {
  const { database, exchange, settings } = dependencies;
  const { timetable } = settings;
  const parts = await loadParts(database, accountId);
  const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
  const context = { nowMs: exchange.clockMs(), linked: true, timetable };
  const { covered, gaps } = summariseStream(stream, states, context);
  return {
    covered: intersection(covered, rangeSet([range])),
    gaps: gaps.flatMap(({ reason, ...gap }) =>
      intersection([gap], rangeSet([range])).map((part) => ({ ...part, reason })),
    ),
  };
}

function refused(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'RangeRefused', message, nonRetryable: true });
}
