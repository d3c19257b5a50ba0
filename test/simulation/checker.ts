import type { PartState } from '../../src/history/part-state.ts';
import type { MappedRow } from '../../src/history/stream.ts';
import type { Life } from './life.ts';

/** What is stored of one part, by whatever store. */
export interface StoredHistory {
  readonly part: string;
  readonly rows: readonly MappedRow[];
  readonly quarantined: ReadonlySet<string>;
  readonly covered: readonly { from: number; to: number }[];
  readonly gaps: readonly { from: number; to: number; reason: string }[];
  readonly state: PartState;
}

/** Compares with the truth, and shares no code with the engine. Empty when nothing is lost, doubled or falsely claimed. */
export function findings(life: Life, history: readonly StoredHistory[]): string[] {
  const found: string[] = [];
  const { world, linkedAtMs } = life;
  if (life.events.has('claimed the future')) found.push('falsely claimed: what had not happened yet');
  if (life.events.has('never comes to an end')) found.push('reading does not come to an end');
  for (const part of history) {
    const stored = new Map<string, MappedRow>();
    for (const row of part.rows) {
      if (stored.has(row.key)) found.push(`doubled: ${row.key}`);
      stored.set(row.key, row);
    }
    for (const record of world.records.filter((candidate) => candidate.part === part.part)) {
      const kept = stored.has(record.id) || [...part.quarantined].some((raw) => raw.includes(`"id":"${record.id}"`));
      const servableUntilMs = record.at + world.switches.reachMs;
      const wasServable = Math.max(record.visibleFromMs, linkedAtMs) <= Math.min(servableUntilMs, world.nowMs);
      const inGap = part.gaps.some((gap) => gap.from <= record.at && record.at < gap.to);
      const isNew = record.at >= (part.state.settledThroughMs ?? 0);
      const claimed = part.covered.some((range) => range.from <= record.at && record.at < range.to);
      const name = `${record.id} of ${new Date(record.at).toISOString()}`;
      if (!kept && wasServable && !inGap && !isNew) found.push(`lost: ${name}`);
      if (!stored.has(record.id) && claimed && !isNew) found.push(`falsely claimed: ${name}`);
      const row = stored.get(record.id);
      if (row && row.at !== record.at) found.push(`another time: ${name}`);
      const finalBefore = world.nowMs - 60 * 3_600_000;
      const readLater = (part.state.lastReadEndMs ?? 0) > finalBefore;
      const stillServed = record.at > world.nowMs - world.switches.reachMs + 10 * 86_400_000;
      if (row && !row.final && record.finalFromMs < finalBefore && stillServed && readLater)
        found.push(`not final: ${name}`);
    }
  }
  return found;
}
