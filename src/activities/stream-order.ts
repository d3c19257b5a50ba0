import { loadParts } from '../database/index.ts';
import { restOf } from '../history/rest.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStream } from '../history/summary.ts';
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
  const { timetable } = settings;
  const parts = await loadParts(database, accountId);
  const clockMs = exchange.clockMs();
  const due: { readonly stream: Stream; readonly atRiskAtMs: number }[] = [];
  const resting: Stream[] = [];
  for (const stream of exchange.streams.filter((candidate) => request.streams.includes(candidate.name))) {
    const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
    const restIf = (isChanging: boolean) => restOf(stream, states, { accountId, clockMs, settings, isChanging });
    // Records are looked through only where that decides.
    const rest = restIf(false) === 'resting' ? restIf(await isChanging(stream)) : restIf(false);
    if (rest !== 'due' && !request.everything) resting.push(stream);
    else {
      const summary = summariseStream(stream, states, { nowMs: clockMs, linked: true, timetable });
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

/** Streams that share an endpoint are read one after another, the groups side by side. */
export function lanesOf(streams: readonly Stream[]): readonly (readonly string[])[] {
  const lanes = Map.groupBy(streams, (stream) => stream.endpoint);
  return [...lanes.values()].map((lane) => lane.map((stream) => stream.name));
}
