import { ExchangeFailure } from '../../src/history/failure.ts';
import type { Gap, GapReason } from '../../src/history/gap.ts';
import type { PartState } from '../../src/history/part-state.ts';
import type { DecidePage, HistoryStore, PageDecision, PartReference, Reader } from '../../src/history/ports.ts';
import { difference, type Range, union } from '../../src/history/range-set.ts';
import type { MappedRow, Page, RecordTable } from '../../src/history/stream.ts';
import { failure } from './exchange.ts';
import type { Mutant } from './simulated-run.ts';

/** The seams of the engine at which a bug can be put in. */
export function bound(store: HistoryStore): HistoryStore {
  return {
    openPart: (reference) => store.openPart(reference),
    commitPage: (reference, fence, page, decide) => store.commitPage(reference, fence, page, decide),
    changePart: (reference, fence, change) => store.changePart(reference, fence, change),
    knownValues: (reference, column) => store.knownValues(reference, column),
    changingRecords: (reference) => store.changingRecords(reference),
  };
}

export function meeting(meets: Mutant['meets'], mutant: Mutant): Mutant {
  return { ...mutant, ...(meets && { meets }) };
}

export function deciding(change: (decide: DecidePage, page: Page, reference: PartReference) => DecidePage): Mutant {
  const commitPage =
    (store: HistoryStore) => (reference: PartReference, fence: number, page: Page, decide: DecidePage) =>
      store.commitPage(reference, fence, page, change(decide, page, reference));
  return { store: (store) => ({ ...bound(store), commitPage: commitPage(store) }) };
}

export function judging(
  change: (page: Page, decision: PageDecision, reference: PartReference) => PageDecision,
): Mutant {
  return deciding((decide, page, reference) => (state, held) => change(page, decide(state, held), reference));
}

/** At every change of a part that begins a read without a page: the first read, and one that gives something up. */
export function beginning(change: (after: PartState, before: PartState) => PartState): Mutant {
  return changing((after, before) =>
    before.readEndMs === null && after.readEndMs !== null ? change(after, before) : after,
  );
}

/**
 * What a read is planned by: the plan is written down together with the first page, or before it. `undone` keeps what was
 * put in for planning from being stored.
 */
export function planning(
  change: (before: PartState) => PartState,
  undone: (after: PartState, before: PartState) => PartState,
): Mutant {
  const through = (state: PartState, next: (state: PartState) => PartState) =>
    state.readEndMs === null ? undone(next(change(state)), state) : next(state);
  return {
    store: (store) => ({
      ...bound(store),
      openPart: async (reference) => {
        const opened = await store.openPart(reference);
        return { ...opened, state: opened.state.readEndMs === null ? change(opened.state) : opened.state };
      },
      commitPage: (reference, fence, page, decide) =>
        store.commitPage(reference, fence, page, (state, held) => {
          const decision = decide(state.readEndMs === null ? change(state) : state, held);
          return state.readEndMs === null ? { ...decision, state: undone(decision.state, state) } : decision;
        }),
      changePart: (reference, fence, decide) => store.changePart(reference, fence, (state) => through(state, decide)),
    }),
  };
}

export function reasonIn({ marks }: PartState, { from, to, reason }: Gap): GapReason {
  return marks.find((mark) => mark.from < to && from < mark.to)?.reason ?? reason;
}

/** At every change of a part that ends a read. */
export function finishing(change: (after: PartState) => PartState): Mutant {
  return changing((after, before) => (before.readEndMs !== null && after.readEndMs === null ? change(after) : after));
}

export function changing(change: (after: PartState, before: PartState) => PartState): Mutant {
  const changePart =
    (store: HistoryStore): HistoryStore['changePart'] =>
    (reference, fence, decide) =>
      store.changePart(reference, fence, (state) => change(decide(state), state));
  return { store: (store) => ({ ...bound(store), changePart: changePart(store) }) };
}

export function mapping(change: (row: MappedRow, table: RecordTable) => MappedRow): Mutant {
  return asking(async (reader, stream, question, signal) => {
    const page = await reader.ask(stream, question, signal);
    return { ...page, rows: page.rows.map((row) => (row.kind === 'row' ? change(row, stream.table) : row)) };
  });
}

export function holding(change: (held: Parameters<DecidePage>[1], page: Page) => Parameters<DecidePage>[1]): Mutant {
  return deciding((decide, page) => (state, held) => decide(state, change(held, page)));
}

export function asking(ask: (reader: Reader, ...question: Parameters<Reader['ask']>) => Promise<Page>): Mutant {
  return {
    reader: (reader) => ({ ...reader, ask: (...question) => ask(reader, ...question) }),
  };
}

export function serving(change: (page: Page) => Page): Mutant {
  return asking(async (reader, ...question) => change(await reader.ask(...question)));
}

export function claimingWhole(page: Page, decision: PageDecision): PageDecision {
  return withClaim({ ...decision, verdict: { kind: 'proves' } }, [page.question.core]);
}

export function withClaim(decision: PageDecision, claim: PageDecision['claim']): PageDecision {
  const { state } = decision;
  const covered = union(state.covered, claim);
  return { ...decision, claim, state: { ...state, covered, pending: difference(state.pending, claim) } };
}

export function emptyPage(question: Page['question'], unitMs: number): Page {
  return {
    question,
    askedFromMs: question.core.from - unitMs,
    askedToMs: question.core.to,
    clockMs: question.core.to + 60_000,
    ageSeconds: 0,
    rows: [],
    bytes: new Uint8Array(),
    trace: null,
  };
}

/** What else of the windows that an exchange refuses is taken for refused, by its edge and by what it has refused before. */
export function refusing(isRefused: (asked: Range, edgeMs: number, refused: readonly Range[]) => boolean): Mutant {
  return {
    reader: (reader, exchange) => {
      const refused: Range[] = [];
      return {
        ...reader,
        ask: async (stream, question, signal) => {
          const { core, part } = question;
          const { edge } = exchange.history.reachOf(stream.name, part);
          const edgeMs = exchange.history.edgeMs(stream.name, part, exchange.nowMs);
          if (edge === 'beyond-reach' && isRefused(core, edgeMs, refused))
            throw failure('beyond-reach', stream.endpoint);
          try {
            return await reader.ask(stream, question, signal);
          } catch (error) {
            if (error instanceof ExchangeFailure && error.details.kind === 'beyond-reach') refused.push(core);
            throw error;
          }
        },
      };
    },
  };
}
