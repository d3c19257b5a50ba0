import { loadParts, type StoredPart } from '../database/index.ts';
import type { PartState } from '../history/part-state.ts';
import { streamsOf } from '../history/parts.ts';
import { type Rest, restEndsMs, restMs, restOf } from '../history/rest.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStream } from '../history/summary.ts';
import { platformEndOf } from '../history/timetable.ts';
import type { SyncRequest } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

interface StreamOrder {
  /** The streams to read, those that expire first at the front. */
  readonly due: readonly Stream[];
  /** The streams that have nothing to read, permanently or today. */
  readonly resting: readonly Stream[];
}

/** Which of the requested streams have something to read now, and in which order. */
export async function streamOrder(
  dependencies: Dependencies,
  request: SyncRequest,
  keyId?: string,
): Promise<StreamOrder> {
  const { database, exchange, settings } = dependencies;
  const { accountId } = request;
  const parts = await loadParts(database, accountId);
  const clockMs = exchange.clockMs();
  const asked = streamsOf(exchange.streams, parts).filter(({ name }) => request.streams.includes(name));
  const rests = await restsOf(dependencies, { accountId, streams: asked, parts, clockMs, keyId });
  const readsAlong = rests.every(({ rest, rested }) => rest !== 'due' || rested);
  const due: { readonly stream: Stream; readonly atRiskAtMs: number }[] = [];
  const resting: Stream[] = [];
  for (const { stream, states, rest } of rests) {
    // If all remaining streams rest, they are read together, so that the account is woken once a day.
    const isAlong = readsAlong && rest === 'resting' && clockMs >= restEndsMs(states) - restMs / 2;
    const isRead = rest === 'due' || request.everything === true;
    if (!isRead && !(isAlong && rests.some((other) => other.rest === 'due'))) resting.push(stream);
    else {
      const { timetable } = settings;
      const summary = summariseStream(stream, states, { nowMs: clockMs, linked: true, timetable });
      due.push({ stream, atRiskAtMs: summary.atRiskAtMs ?? Number.POSITIVE_INFINITY });
    }
  }
  due.sort((a, b) => a.atRiskAtMs - b.atRiskAtMs);
  return { due: due.map(({ stream }) => stream), resting };
}

/** When an account whose streams all rest is due again: when the first rest ends. Null if something is due earlier. */
export async function wakesAtMs(
  dependencies: Dependencies,
  accountId: string,
  parts: readonly StoredPart[],
): Promise<number | null> {
  const { exchange, settings } = dependencies;
  const clockMs = exchange.clockMs();
  const streams = streamsOf(exchange.streams, parts);
  const rests = await restsOf(dependencies, { accountId, streams, parts, clockMs });
  if (rests.some(({ rest }) => rest === 'due')) return null;
  const ends = rests.flatMap(({ rest, states }) => (rest === 'resting' ? [restEndsMs(states)] : []));
  const platformEndMs = platformEndOf(settings.timetable) ?? Number.POSITIVE_INFINITY;
  return ends.length === 0 ? null : Math.min(...ends, Math.max(platformEndMs, clockMs));
}

interface StreamRest {
  readonly stream: Stream;
  readonly states: readonly PartState[];
  readonly rest: Rest;
  /** Whether it rested when it was read last: if it is due now, then because a day has passed. */
  readonly rested: boolean;
}

interface RestQuestion {
  readonly accountId: string;
  readonly streams: readonly Stream[];
  readonly parts: readonly StoredPart[];
  readonly clockMs: number;
  readonly keyId?: string | undefined;
}

async function restsOf(dependencies: Dependencies, question: RestQuestion): Promise<readonly StreamRest[]> {
  const { settings, store } = dependencies;
  const { accountId, streams, parts, clockMs, keyId } = question;
  const rests: StreamRest[] = [];
  for (const stream of streams) {
    const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
    const context = { accountId, settings, isChanging: false, ...(keyId !== undefined && { keyId }) };
    const restAt = (atMs: number) => restOf(stream, states, { ...context, clockMs: atMs });
    const restOfRead = restAt(clockMs);
    // Records are queried only if they decide.
    const rest = restOfRead === 'resting' && (await isChanging(stream)) ? 'due' : restOfRead;
    const rested = rest !== 'due' || restAt(restEndsMs(states) - restMs) === 'resting';
    rests.push({ stream, states, rest, rested });
  }
  return rests;

  async function isChanging(stream: Stream): Promise<boolean> {
    if (stream.table.final === null) return false;
    const found = await Promise.all(stream.parts.map((part) => store.changingRecords({ accountId, stream, part })));
    return found.flat().length > 0;
  }
}

/** Streams that share an endpoint, or need each other's pairs, are read one after another; groups are read in parallel. */
export function streamGroupsOf(streams: readonly Stream[]): readonly (readonly string[])[] {
  const groupOf = ({ pairsOf, endpoint }: Stream) => streams.find(({ name }) => name === pairsOf)?.endpoint ?? endpoint;
  const groups = Map.groupBy(streams, groupOf);
  return [...groups.values()].map((group) => group.map((stream) => stream.name));
}
