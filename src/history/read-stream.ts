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
  /** Every part was read to its frozen end. */
  readonly done: boolean;
  /** The first thing that stood in the way of a part. */
  readonly blocked: FailureDetails | null;
}

/** Reads every part of a stream, one after another; what stops one part does not stop the next, unless it is the key. */
export async function readStream(context: ReadContext, accountId: string, stream: Stream): Promise<StreamResult> {
  const results: PartResult[] = [];
  for (const part of stream.parts) {
    const result = await readPart(context, { accountId, stream, part });
    results.push(result);
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
    done: results.length === stream.parts.length && results.every((result) => result.done),
    blocked: results.find((result) => result.blocked)?.blocked ?? null,
  };
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
