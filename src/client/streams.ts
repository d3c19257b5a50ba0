import type { Stream } from '../history/stream.ts';

/** The history types that are kept, in the order in which they are shown. */
export const streams: readonly Stream[] = [];
