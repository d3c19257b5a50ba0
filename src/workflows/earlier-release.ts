import type { AccountState } from './account-state.ts';
import { knowsEarlierReleases } from './versions.ts';

/** What the result of an activity says of the worker that ran it: the streams that its release reads. */
interface Answer {
  readonly lanes?: readonly (readonly string[])[];
}

/**
 * While a release is rolled out, or was rolled back, workers of an earlier one take activities too. They leave the streams
 * unread that they don't know.
 */
export function readsAll({ lanes }: Answer, streams: readonly string[]): boolean {
  // In this order: a run notes that it was asked.
  return !lacksSome(lanes, streams) || !knowsEarlierReleases();
}

/** Whether some streams are in none of the groups. Results of 0.1.0 have no groups, and lack nothing. */
export function lacksSome(lanes: Answer['lanes'], streams: readonly string[]): boolean {
  const known = lanes?.flat() ?? streams;
  return streams.some((stream) => !known.includes(stream));
}

/**
 * The sync is repeated at once, because a worker of the later release may take it. With half of the workers rolled out,
 * eight tries all go to an earlier release once in 256 times. After that the release counts as rolled back: the account is
 * read as the workers can, and a worker of the later release adds its streams again.
 */
const maxTries = 8;

/** The stream groups of the account, after these results. */
export function streamGroupsAfter(
  { lanes, leftUnread }: AccountState,
  results: readonly Answer[],
): Pick<AccountState, 'lanes' | 'leftUnread'> {
  const isLater = (result: Answer) => readsAll(result, lanes.flat());
  const tries = results.every(isLater) ? 0 : leftUnread + 1;
  if (tries >= maxTries) return { lanes: results.at(-1)?.lanes ?? lanes, leftUnread: 0 };
  return { lanes: results.findLast(isLater)?.lanes ?? lanes, leftUnread: tries };
}
