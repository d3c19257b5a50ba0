import { gapsOf } from '../../src/history/gaps.ts';
import type { HistoryStore, PageOutcome, Replays } from '../../src/history/ports.ts';
import type { StoredPart, StoredStream } from './checker.ts';
import { accountOf, type Life, type OpenedStore, type Stage } from './life.ts';
import { MemoryStore } from './memory-store.ts';
import type { Plan } from './plan.ts';
import type { Steps } from './steps.ts';

export interface MemoryStage extends Stage {
  stored(life: Life): readonly StoredStream[];
}

/** A life's history in memory: every call of the store is one step. */
export function memoryStage(plan: Plan): MemoryStage {
  const accountId = accountOf(plan);
  const store = new MemoryStore();
  return {
    accountId,
    open: (steps, pageOf) => stepping(store, steps, pageOf),
    states: async (stream) => stream.parts.map((part) => store.part({ accountId, stream, part }).state),
    stored: (life) =>
      life.streams.map((stream): StoredStream => {
        const parts = stream.parts.map((part): StoredPart => {
          const { rows, quarantined, state } = store.part({ accountId, stream, part });
          const names = stream.table.columns.map(({ name }) => name);
          return {
            stream: stream.name,
            part,
            rows: [...rows.values()].map(({ raw, values }) => ({
              raw,
              columns: Object.fromEntries(names.map((name, i) => [name, textOf(values[i] ?? null)])),
            })),
            quarantined: [...quarantined],
            covered: state.covered,
            gaps: gapsOf(state, stream, life.exchange.nowMs),
            settledThroughMs: state.settledThroughMs,
            readThroughMs: state.lastReadEndMs,
            rowCount: state.rowCount,
            pages: null,
          };
        });
        const states = stream.parts.map((part) => store.part({ accountId, stream, part }).state);
        return { stream: stream.name, parts, summary: life.summarise(stream, states) };
      }),
  };
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
