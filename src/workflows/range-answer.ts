import type { RangeChunk } from '../activities/contract.ts';
import type { RangeAnswer } from './messages.ts';

/** The counts of a range before its first request. */
export const nothingRead = {
  requests: 0,
  served: 0,
  inserted: 0,
  changed: 0,
  unchanged: 0,
  quarantined: 0,
  newlyCovered: [],
  gaps: [],
  beyondReachBefore: null,
  stopped: null,
} as const satisfies Partial<RangeAnswer>;

const rangesAtMost = 20;

/** The result of a range, with one more chunk added. */
export function addChunk(answer: RangeAnswer, { next: _, ...chunk }: RangeChunk): RangeAnswer {
  return {
    ...answer,
    ...chunk,
    requests: answer.requests + chunk.requests,
    served: answer.served + chunk.served,
    inserted: answer.inserted + chunk.inserted,
    changed: answer.changed + chunk.changed,
    unchanged: answer.unchanged + chunk.unchanged,
    quarantined: answer.quarantined + chunk.quarantined,
    newlyCovered: [...answer.newlyCovered, ...chunk.newlyCovered].slice(0, rangesAtMost),
  };
}
