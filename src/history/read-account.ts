import { maxWalkMs } from './attempt.ts';
import { type FailureDetails, type FailureKind, unforeseen } from './failure.ts';
import { noPages, type PageCounts, totalOf } from './page-counts.ts';
import { Counts, type PartResult, type ReadContext, withOnePage } from './part-reading.ts';
import { FenceLost } from './ports.ts';
import { readPart, walkPart } from './read-part.ts';
import type { Stream } from './stream.ts';

export interface StreamResult extends PageCounts {
  readonly stream: string;
  /** Every part was read to its frozen end and back to its origin, now or in an earlier attempt of the same sync. */
  readonly done: boolean;
  /** The finished parts and walks, by `partName` and `noteOf`, and what else the next attempt of the sync must know. */
  readonly finished: readonly string[];
  /** The first failure that stopped a part. */
  readonly blocked: FailureDetails | null;
  /** Some part has more to read, and is answered. */
  readonly goesOn: boolean;
}

export interface AccountRead {
  readonly accountId: string;
  /** In the order in which they are read. */
  readonly streams: readonly Stream[];
  /** Skips what an earlier attempt of the same sync has finished, so that even attempts of one page finish. */
  readonly finished?: readonly string[];
  /** Called when a part of a stream begins. */
  readonly onStream?: (stream: Stream) => void;
  /** Called with an error that is not a failure of the exchange; throws it if it concerns every stream. */
  readonly onError?: (error: unknown, stream: Stream) => void;
}

/**
 * Reads streams part by part: first the documented reach of each, then everything older. A failure of one part stops no other
 * stream: one endpoint alone may refuse the key, for as long as the account is linked.
 */
export async function readAccount(context: ReadContext, read: AccountRead): Promise<readonly StreamResult[]> {
  const { accountId, streams, finished = [], onStream, onError } = read;
  const results = new Map(streams.map((stream) => [stream, [] as PartResult[]]));
  const done = new Set(finished);
  const outdated = new Set<string>();
  let isBlocked = false;
  const steps = (['reach', 'walk'] as const).flatMap((pass) =>
    streams.flatMap((stream) =>
      stream.parts.map((part) => ({ pass, stream, part, last: done.has(noteOf(stream, part, 'stopped')) })),
    ),
  );
  // What was stopped before in this sync comes last, so that everything else has the whole budget.
  const skipped = new Set<Stream>();
  for (const { pass, stream, part, last } of steps.toSorted((one, other) => Number(one.last) - Number(other.last))) {
    const name = pass === 'reach' ? partName(stream, part) : noteOf(stream, part, 'walk');
    // The walk begins where the reach ends, so it needs the reach first.
    if (skipped.has(stream) || done.has(name) || (pass === 'walk' && !done.has(partName(stream, part)))) continue;
    onStream?.(stream);
    const result = await readOne(stream, part, pass, isBlocked || (last && areOthersRead()));
    results.get(stream)?.push(result);
    if (result.done) done.add(name);
    const [again, slow] = [noteOf(stream, part, 'again'), noteOf(stream, part, 'slow')];
    // When a read ends, it began as long ago as it took.
    if (pass === 'reach' && result.readAgoMs > maxWalkMs) done.add(slow);
    const mostMs = result.done || done.has(slow) ? maxReadMs : maxWalkMs;
    if (result.readAgoMs > mostMs && !(result.done && done.has(again))) {
      outdated.add(partName(stream, part));
      // That read ends later, so that gaps are due which this walk has left.
      outdated.add(noteOf(stream, part, 'walk'));
      // At the end once a sync: where each read takes so long that another one is due after it, it ends all the same.
      if (result.done) done.add(again);
    }
    if (result.done && !result.hasWalkLeft) done.add(noteOf(stream, part, 'walk'));
    if (result.hasEvidence) done.delete(noteOf(stream, part, 'stopped'));
    if (result.blocked === null) continue;
    isBlocked = true;
    done.add(noteOf(stream, part, 'stopped'));
    if (concernsEndpoint.has(result.blocked.kind)) skipped.add(stream);
  }
  // After the walk, which would otherwise wait for each of these reads.
  for (const name of outdated) done.delete(name);
  return streams.map((stream) => resultOf(stream, results.get(stream) ?? [], done));

  function areOthersRead(): boolean {
    return steps.every(({ stream, part, last }) => last || done.has(partName(stream, part)));
  }

  async function readOne(stream: Stream, part: string, pass: 'reach' | 'walk', isApart: boolean): Promise<PartResult> {
    // A blocked part, or the walk of others, may use up the whole budget of every attempt: each part behind gets a page of its own.
    const budget = isApart ? withOnePage(context.budget) : context.budget;
    try {
      return await (pass === 'reach' ? readPart : walkPart)({ ...context, budget }, { accountId, stream, part });
    } catch (error) {
      if (error instanceof FenceLost || context.signal.aborted) throw error;
      onError?.(error, stream);
      if (!onError) throw error;
      return new Counts(part).result({ done: false, blocked: unforeseen(stream) });
    }
  }
}

/**
 * A read keeps its end for as long as it lasts. If that is long ago when the sync ends, because no worker ran meanwhile, one
 * more read follows in the same sync: nobody knows when the next one comes. A walk beside reads that take over an hour pauses
 * for another one only after so long: otherwise it would go on for one attempt between two of them.
 */
const maxReadMs = 6 * 3_600_000;

/** Failures that every further request of the stream would meet as well. */
const concernsEndpoint: ReadonlySet<FailureKind> = new Set([
  'refused-key',
  'throttled',
  'banned',
  'maintenance',
  'clock',
]);

function resultOf(stream: Stream, parts: readonly PartResult[], done: ReadonlySet<string>): StreamResult {
  const names = namesOf(stream);
  const notes = (['again', 'slow', 'stopped'] as const).flatMap((note) =>
    stream.parts.map((part) => noteOf(stream, part, note)),
  );
  const stopped = new Set(parts.filter(({ blocked }) => blocked).map(({ part }) => part));
  const isRead = ({ part }: PartResult) => done.has(partName(stream, part)) && done.has(noteOf(stream, part, 'walk'));
  return {
    stream: stream.name,
    ...totalOf(parts),
    done: names.every((name) => done.has(name)),
    finished: [...names, ...notes].filter((name) => done.has(name)),
    blocked: parts.find((result) => result.blocked)?.blocked ?? null,
    goesOn: parts.some((result) => result.hasEvidence && !stopped.has(result.part) && !isRead(result)),
  };
}

export function nothingToRead(stream: Stream): StreamResult {
  return { stream: stream.name, ...noPages, done: true, finished: namesOf(stream), blocked: null, goesOn: false };
}

/** The names of everything that can be finished of a stream. */
function namesOf(stream: Stream): readonly string[] {
  return stream.parts.flatMap((part) => [partName(stream, part), noteOf(stream, part, 'walk')]);
}

export function partName(stream: Stream, part: string): string {
  return `${stream.name}/${part}`;
}

/**
 * What is noted of a part in a sync, beside that it was read: its `walk` is finished; a read was outdated at its end and is made
 * `again`; its reads are `slow`; a failure has `stopped` it.
 */
function noteOf(stream: Stream, part: string, note: 'walk' | 'again' | 'slow' | 'stopped'): string {
  return `${partName(stream, part)}/${note}`;
}
