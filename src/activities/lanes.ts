import type { Stream } from '../history/stream.ts';

/** Streams that share an endpoint are read one after another, the groups side by side. */
export function lanesOf(streams: readonly Stream[]): readonly (readonly string[])[] {
  const lanes = Map.groupBy(streams, (stream) => stream.endpoint);
  return [...lanes.values()].map((lane) => lane.map((stream) => stream.name));
}
