import type { PageEvidence } from './index.ts';

/** Whether a page proves some of a range. Times are ISO texts in UTC, which can be compared as texts. */
export function provesSomeOf({ claim, answered }: PageEvidence, from: string, to: string): boolean {
  return [...claim, ...answered].some(([start, end]) => start < to && end > from);
}
