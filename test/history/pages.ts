import type { MappedRow, Page, ServedRow, Stream } from '../../src/history/stream.ts';
import { simulatedStream } from '../simulation/streams.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const nowMs = Date.UTC(2026, 5, 1, 12);
export const spot: Stream = simulatedStream('spot', 200);
export const settings = { rereadWindowMs: dayMs, settleLagMs: 10_000 };

export function rowAt(at: number, key = `trade-${at}`, part = 'all'): MappedRow {
  return {
    kind: 'row',
    key,
    at,
    part,
    digest: `${key}:${at}`,
    fixedDigest: `${at}`,
    final: true,
    values: [],
    raw: `{"id":"${key}"}`,
  };
}

export function pageOf(
  from: number,
  to: number,
  rows: readonly ServedRow[],
  stream: Stream = spot,
  clockMs = nowMs,
): Page {
  return {
    question: { part: stream.parts[0] as string, core: { from, to } },
    askedFromMs: from - stream.unitMs,
    askedToMs: to,
    clockMs,
    ageSeconds: 0,
    rows,
    bytes: new Uint8Array(),
    trace: null,
  };
}
