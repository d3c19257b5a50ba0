import type { FailureDetails } from './failure.ts';
import type { PartResult, ReadContext } from './part-reading.ts';
import { readPart } from './read-part.ts';
import type { Stream } from './stream.ts';

export interface StreamResult {
  readonly stream: string;
  readonly pages: number;
  readonly served: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly quarantined: number;
  /** Every part was read to its frozen end, now or in an earlier attempt of the same sync. */
  readonly done: boolean;
  /** Names of the parts that were, as `partName` gives them. */
  readonly finished: readonly string[];
  /** The first thing that stood in the way of a part. */
  readonly blocked: FailureDetails | null;
}

/**
 * Reads every part of a stream, one after another; what stops one part does not stop the next, unless it is the key.
 * `finished` are parts that an earlier attempt of the same sync has read to their end: they are left alone, so that even
 * attempts of a single page come to the last part.
 */
export async function readStream(
  context: ReadContext,
  accountId: string,
  stream: Stream,
  finished: readonly string[] = [],
): Promise<StreamResult> {
  const results: PartResult[] = [];
  const finishedNow = finished.filter((name) => name.startsWith(`${stream.name}/`));
  for (const part of stream.parts) {
    if (finished.includes(partName(stream, part))) continue;
    const result = await readPart(context, { accountId, stream, part });
    results.push(result);
    if (result.done) finishedNow.push(partName(stream, part));
    if (result.blocked && concernsTheKey(result.blocked)) break;
  }
  const sum = (pick: (result: PartResult) => number) => results.reduce((total, result) => total + pick(result), 0);
  return {
    stream: stream.name,
    pages: sum((result) => result.pages),
    served: sum((result) => result.served),
    inserted: sum((result) => result.inserted),
    changed: sum((result) => result.changed),
    unchanged: sum((result) => result.unchanged),
    quarantined: sum((result) => result.quarantined),
    done: finishedNow.length === stream.parts.length,
    finished: finishedNow,
    blocked: results.find((result) => result.blocked)?.blocked ?? null,
  };
}

export function partName(stream: Stream, part: string): string {
  return `${stream.name}/${part}`;
}

/** Failures that every further request with this key would meet as well. */
function concernsTheKey(failure: FailureDetails): boolean {
  return ['refused-key', 'throttled', 'banned', 'maintenance', 'clock'].includes(failure.kind);
}

/** A budget of pages and time, by a clock that tests may turn. */
export function createBudget(
  limit: { readonly pages: number; readonly durationMs: number },
  now: () => number = Date.now,
) {
  const startedMs = now();
  let pages = 0;
  return {
    spend(count: number): void {
      pages += count;
    },
    spent(): boolean {
      return pages >= limit.pages || now() - startedMs >= limit.durationMs;
    },
  };
}
