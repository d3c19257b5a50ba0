import { gapsOf } from '../../src/history/gaps.ts';
import { unitsOf } from '../../src/history/horizon.ts';
import { mergeParts } from '../../src/history/merge-parts.ts';
import { disclaimed, newPartState } from '../../src/history/part-state.ts';
import type { HistoryStore, PageOutcome, Replays } from '../../src/history/ports.ts';
import type { Stream } from '../../src/history/stream.ts';
import { type MemoryPart, MemoryStore } from './memory-store.ts';
import type { Environment, OpenedStore, SimulatedRun } from './simulated-run.ts';
import type { Steps } from './steps.ts';
import type { StoredPart, StoredStream } from './stored-history.ts';

export interface MemoryEnvironment extends Environment {
  stored(run: SimulatedRun): readonly StoredStream[];
}

/** A run's history in memory: every call of the store is one step. */
export function memoryEnvironment(): MemoryEnvironment {
  const store = new MemoryStore();
  const states = (accountId: string, stream: Stream) =>
    stream.parts.map((part) => store.part({ accountId, stream, part }).state);
  return {
    open: (steps, pageOf) => stepping(store, steps, pageOf),
    states: async (accountId, stream) => states(accountId, stream),
    merge: async (fromId, intoId, run) => {
      for (const stream of run.streams) {
        for (const part of stream.parts) {
          const [from, into] = [fromId, intoId].map((accountId) => store.part({ accountId, stream, part }));
          mergeMemory(from as MemoryPart, into as MemoryPart, stream, run);
        }
      }
    },
    stored: (run) =>
      run.streams.map((stream): StoredStream => {
        const { accountId } = run;
        const parts = stream.parts.map((part): StoredPart => {
          const { rows, quarantined, state } = store.part({ accountId, stream, part });
          const names = stream.table.columns.map(({ name }) => name);
          const gaps = gapsOf(state, stream, run.exchange.nowMs);
          return {
            stream: stream.name,
            part,
            rows: [...rows.values()].map(({ raw, values }) => ({
              raw,
              columns: Object.fromEntries(names.map((name, i) => [name, textOf(values[i] ?? null)])),
            })),
            quarantined: [...quarantined],
            covered: state.covered,
            gaps: run.mutant.gaps?.(gaps) ?? gaps,
            settledThroughMs: state.settledThroughMs,
            readThroughMs: state.lastReadEndMs,
            rowCount: state.rowCount,
            pages: null,
          };
        });
        return { stream: stream.name, parts, summary: run.summarise(stream, states(accountId, stream)) };
      }),
  };
}

/** As Postgres merges a part: of a record that changes the later version stays, and a contradiction is quarantined. */
function mergeMemory(from: MemoryPart, into: MemoryPart, stream: Stream, { exchange }: SimulatedRun): void {
  const conflicts = [...from.rows.values()].filter((row) => {
    const held = into.rows.get(row.key);
    return held !== undefined && held.fixedDigest !== row.fixedDigest;
  });
  for (const row of from.rows.values()) {
    const held = into.rows.get(row.key);
    const [atMs = 0, heldAtMs = 0] = [from, into].map(({ changedAtMs }) => changedAtMs.get(row.key));
    if (held && (held.fixedDigest !== row.fixedDigest || held.digest === row.digest || atMs <= heldAtMs)) continue;
    into.rows.set(row.key, row);
    into.changedAtMs.set(row.key, atMs);
  }
  for (const { raw } of conflicts) into.quarantined.add(raw);
  for (const raw of from.quarantined) into.quarantined.add(raw);
  for (const [name, row] of from.aside) if (!into.aside.has(name)) into.aside.set(name, row);
  const merged = mergeParts(into.state, from.state, stream, exchange.settings);
  const units = unitsOf(
    conflicts.map(({ at }) => at),
    stream.unitMs,
  );
  const times = [...into.rows.values()].map(({ at }) => at);
  into.state = disclaimed(
    {
      ...merged,
      rowCount: into.rows.size,
      oldestRowMs: times.length > 0 ? Math.min(...times) : null,
      newestRowMs: times.length > 0 ? Math.max(...times) : null,
    },
    units,
    'quarantined',
  );
  into.fence++;
  from.fence++;
  from.state = newPartState;
  from.rows.clear();
}

function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value);
}

/** A crash inside the store is one before or after a whole write: it happens, or nothing of it. */
function stepping(store: MemoryStore, steps: Steps, pageOf: Replays['pageOf']): OpenedStore {
  let committed = false;
  const commit = (write: () => Promise<PageOutcome>) => {
    committed = false;
    return steps.around(async () => {
      const outcome = await write();
      committed = true;
      return outcome;
    });
  };
  const guarded: HistoryStore = {
    openPart: (reference) => steps.around(() => store.openPart(reference)),
    commitPage: (...page) => commit(() => store.commitPage(...page)),
    changePart: (reference, fence, change) => steps.around(() => store.changePart(reference, fence, change)),
    knownValues: (reference, column) => steps.around(() => store.knownValues(reference, column)),
    changingRecords: (reference) => steps.around(() => store.changingRecords(reference)),
  };
  const replays = store.replays(pageOf);
  const guardedReplays: Replays = {
    ...replays,
    answers: (reference) => steps.around(() => replays.answers(reference)),
    commit: (...replay) => commit(() => replays.commit(...replay)),
  };
  return { store: guarded, replays: guardedReplays, committed: () => committed };
}
