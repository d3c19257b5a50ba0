import { log } from '@temporalio/activity';
import { loadParts } from '../database/index.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStream } from '../history/summary.ts';
import { finalSweepIsDue } from '../history/sweep.ts';
import { disprovesTimetable, restMs, standingOf } from '../history/timetable.ts';
import type { SyncRequest } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

export interface StreamOrder {
  /** What has to be read, what expires first at the head. */
  readonly due: readonly Stream[];
  /** What is settled for good, or for today. */
  readonly resting: readonly Stream[];
}

/** Which of the streams asked for have something to read now, and in which order. */
export async function streamOrder(dependencies: Dependencies, request: SyncRequest): Promise<StreamOrder> {
  const { database, exchange, settings, store } = dependencies;
  const { accountId } = request;
  const { timetable, platformEndMs } = settings;
  const parts = await loadParts(database, accountId);
  const nowMs = exchange.clockMs();
  const due: { readonly stream: Stream; readonly atRiskAtMs: number }[] = [];
  const resting: Stream[] = [];
  for (const stream of exchange.streams.filter((candidate) => request.streams.includes(candidate.name))) {
    const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
    warnOfDisproof(stream, disprovesTimetable(stream, states, timetable));
    const standing = standingOf(stream, states, { timetable, settings, changing: false });
    const readMs = Math.min(...states.map((state) => state.lastReadEndMs ?? 0));
    const rests =
      standing === 'closed' ||
      (standing === 'resting' &&
        nowMs - readMs < restMs &&
        // Once the platform has ended a last look closes the account.
        (platformEndMs === null || nowMs < platformEndMs || readMs >= platformEndMs) &&
        !states.some((state) => finalSweepIsDue(state, { accountId, clockMs: nowMs, settings })) &&
        !(await isChanging(stream)));
    if (rests && !request.everything) resting.push(stream);
    else {
      const summary = summariseStream(stream, states, { nowMs, linked: true, platformEndMs, timetable });
      due.push({ stream, atRiskAtMs: summary.atRiskAtMs ?? Number.POSITIVE_INFINITY });
    }
  }
  due.sort((a, b) => a.atRiskAtMs - b.atRiskAtMs);
  return { due: due.map(({ stream }) => stream), resting };

  async function isChanging(stream: Stream): Promise<boolean> {
    if (stream.table.final === null) return false;
    const found = await Promise.all(stream.parts.map((part) => store.changingRecords({ accountId, stream, part })));
    return found.flat().length > 0;
  }
}

const warned = new Set<string>();

/** Said once per process and stream: a timetable that is wrong concerns every account. */
function warnOfDisproof(stream: Stream, disproved: boolean): void {
  if (!disproved || warned.has(stream.name)) return;
  warned.add(stream.name);
  log.warn(
    `Records of ${stream.name} were served that are dated after the end that BITMART_TIMETABLE tells: for such accounts the stream is read as if it had no end.`,
  );
}
