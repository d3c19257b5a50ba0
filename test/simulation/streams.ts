import type { Stream } from '../../src/history/stream.ts';

const dayMs = 86_400_000;

/** The engine's view of the four streams' shapes, with small caps so that a few hundred records fill many pages. */
export function simulatedStream(shape: 'spot' | 'futures' | 'movements', cap: number): Stream {
  const table = {
    name: 'simulated_record',
    columns: [
      { name: 'id', type: 'text' },
      { name: 'at', type: 'timestamptz' },
      { name: 'symbol', type: 'text' },
      { name: 'mode', type: 'text' },
      { name: 'status', type: 'text' },
    ],
    hasPart: false,
    identity: ['id'],
    fixed: ['at'],
    timeColumn: 'at',
    final: shape === 'movements' ? { column: 'status', values: ['success'] } : null,
  } as const;
  const common = { name: shape, cap, reachMs: 89 * dayMs, endpoint: shape, table };
  if (shape === 'movements') {
    return {
      ...common,
      parts: ['all'],
      unitMs: 1,
      widestWindowMs: 90 * dayMs - 1,
      beyond: { kind: 'walk-back', untilMs: Date.UTC(2025, 0, 1) },
      defaultWindowMs: 90 * dayMs,
      splits: [{ column: 'symbol', exhaustiveValues: null }],
      suspiciousTotal: 100,
    };
  }
  return {
    ...common,
    parts: shape === 'futures' ? ['futures', 'copy_trading'] : ['all'],
    unitMs: shape === 'futures' ? 1000 : 1,
    widestWindowMs: 90 * dayMs,
    beyond: { kind: 'probe', widthMs: 4 * dayMs },
    defaultWindowMs: 7 * dayMs,
    splits:
      shape === 'spot'
        ? [
            { column: 'mode', exhaustiveValues: ['spot', 'iso_margin'] },
            { column: 'symbol', exhaustiveValues: null },
          ]
        : [{ column: 'symbol', exhaustiveValues: null }],
    suspiciousTotal: null,
  };
}
