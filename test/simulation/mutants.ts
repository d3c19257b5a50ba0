import { alignUp } from '../../src/history/horizon.ts';
import type { Gap, GapReason, PartState } from '../../src/history/part-state.ts';
import type { DecidePage, HistoryStore, PageDecision, PartReference, Reader } from '../../src/history/ports.ts';
import { difference, intersection, type RangeSet, rangeSet, union } from '../../src/history/range-set.ts';
import { finishRead } from '../../src/history/read.ts';
import { recordKeyOf } from '../../src/history/record-key.ts';
import { restOf } from '../../src/history/rest.ts';
import { defaultReadSettings } from '../../src/history/settings.ts';
import type { MappedRow, Page, RecordTable } from '../../src/history/stream.ts';
import type { Mutant } from './life.ts';
import type { Fault } from './plan.ts';
import type { Rule } from './watch.ts';

/**
 * Bugs that an engine like this could have, each put in on purpose at one of its seams. The checker must find every one:
 * a checker that can't fail proves nothing.
 */
export const mutants = {
  'claims a full page': judging((page, decision) =>
    decision.verdict.kind === 'steers' ? claimingWhole(page, decision) : decision,
  ),
  'believes an answer that a default window could have given': judging((page, decision) =>
    decision.verdict.kind === 'unconfirmed' ? claimingWhole(page, decision) : decision,
  ),
  'drops the witness rule': holding((held, page) => {
    const served = new Set(page.rows.flatMap((row) => (row.kind === 'row' ? [row.key] : [])));
    return held.filter((row) => served.has(row.key));
  }),
  'takes a failed request for an empty page': asking(async (reader, ...question) => {
    try {
      return await reader.ask(...question);
    } catch {
      return emptyPage(question[1], question[0].unitMs);
    }
  }),
  'takes an answer without a list for an empty page': meeting(
    'null-data',
    asking(async (reader, ...question) => {
      try {
        return await reader.ask(...question);
      } catch (error) {
        if (!(error instanceof Error && error.message.includes('without a list'))) throw error;
        return emptyPage(question[1], question[0].unitMs);
      }
    }),
  ),
  'asks for less than it claims': asking(async (reader, stream, question, signal) => {
    const core = { from: question.core.from + 60_000, to: question.core.to - 60_000 };
    if (core.from >= core.to) return await reader.ask(stream, question, signal);
    return { ...(await reader.ask(stream, { ...question, core }, signal)), question };
  }),
  'moves its cursor one unit too far': judging((page, decision, { stream }) => {
    const beyond = [{ from: page.question.core.to, to: page.question.core.to + stream.unitMs }];
    return decision.verdict.kind === 'proves' ? withClaim(decision, beyond) : decision;
  }),
  'rounds the end of a claim up to whole seconds': judging((_page, decision) => {
    const outward = decision.claim.map(({ from, to }) => ({ from, to: alignUp(to, 1_000) }));
    return decision.claim.length > 0 ? withClaim(decision, rangeSet(outward)) : decision;
  }),
  'never reads again what it has read': { settings: { rereadWindowMs: 0 } },
  'reads again from now on back, not from the last read': beginning((state, before) => {
    const { lastReadEndMs, readEndMs } = state;
    if (lastReadEndMs === null || readEndMs === null) return state;
    const skipped = intersection(before.covered, [{ from: 0, to: readEndMs - 24 * 3_600_000 }]);
    return { ...state, pending: difference(state.pending, skipped) };
  }),
  'calls settled what it has read once': finishing((state) => ({ ...state, settledThroughMs: state.lastReadEndMs })),
  'claims up to now and beyond': { settings: { settleLagMs: -3_600_000 } },
  'claims beyond the reach': judging((page, decision) =>
    decision.verdict.kind === 'proves'
      ? withClaim(decision, [{ from: page.question.core.from - 9e9, to: page.question.core.to }])
      : decision,
  ),
  'ignores rows outside the window asked': serving((page) => ({
    ...page,
    rows: page.rows.filter((row) => row.at === null || (row.at >= page.askedFromMs && row.at <= page.askedToMs)),
  })),
  'takes a cached answer for a fresh one': meeting(
    'cached',
    serving((page) => ({ ...page, ageSeconds: 0 })),
  ),
  'forgets rows that it can not read': serving((page) => ({
    ...page,
    rows: page.rows.filter((row) => row.kind === 'row'),
  })),
  'claims the instants of rows that it can not read': judging((page, decision) =>
    decision.verdict.kind === 'proves' && decision.quarantine.length > 0 ? claimingWhole(page, decision) : decision,
  ),
  'takes rows of another part for none': serving((page) => ({
    ...page,
    rows: page.rows.filter((row) => row.kind !== 'row' || row.part === page.question.part),
  })),
  'claims before it stores, in two transactions': {
    store: (store) => ({
      ...bound(store),
      commitPage: async (reference, fence, page, decide) => {
        let next: PageDecision['state'] | null = null;
        await store.changePart(reference, fence, (state) => {
          next = decide(state, []).state;
          return { ...state, covered: next.covered, pending: next.pending };
        });
        if (page.clockMs % 7 === 0) throw Object.assign(new Error('crash'), { crash: true });
        return await store.commitPage(reference, fence, page, decide);
      },
    }),
  },
  'does not look again at records that change': {
    store: (store) => ({ ...bound(store), changingRecords: async () => [] }),
  },
  'sees no change but in the fixed columns': mapping((row) => ({ ...row, digest: row.fixedDigest })),
  'tells trades apart by their trade id alone': mapping((row, table) => {
    const position = table.columns.findIndex(({ name }) => name === 'trade_id');
    return position < 0 ? row : { ...row, key: String(row.values[position]) };
  }),
  'passes amounts through a floating-point number': mapping((row, table) => ({
    ...row,
    values: row.values.map((value, i) =>
      table.columns[i]?.type === 'numeric' && value !== null ? String(Number(value)) : value,
    ),
  })),
  'writes a row again as JSON instead of keeping its bytes': mapping((row) => ({
    ...row,
    raw: JSON.stringify(JSON.parse(row.raw)),
  })),
  'does not read longer again although records come later': judging((_page, decision, { stream }) => {
    const state = { ...decision.state, longestLateMs: null };
    // The last page of a read ends it, by what is known of late records then.
    const ended = state.readEndMs === null && state.lastReadEndMs !== null;
    return { ...decision, state: ended ? finishRead(state, stream, defaultReadSettings) : state };
  }),
  'never reads the whole reach again': { settings: { sweepIntervalMs: 1e12 } },
  'counts no equal records': mapping((row, table) => {
    const position = table.columns.findIndex(({ name }) => name === 'occurrence');
    if (position < 0) return row;
    const values = row.values.with(position, 1);
    return { ...row, values, key: recordKeyOf(table, values) };
  }),
  'covers a stream where any of its parts is covered': {
    summary: (summary, parts) => ({
      ...summary,
      covered: parts.flatMap(({ covered }) => covered).reduce<RangeSet>((all, range) => union(all, [range]), []),
    }),
  },
  'closes a stream by the calendar alone': {
    rest: (stream, states, context) => {
      const endMs = context.settings.timetable?.spotTradingEndMs ?? Number.POSITIVE_INFINITY;
      return states.some((state) => (state.lastReadAtMs ?? 0) > endMs) ? 'closed' : restOf(stream, states, context);
    },
  },
  'gives up what the key could not read for a while': planning(
    (state) => ({
      ...state,
      lastReadEndMs: state.lastReadEndMs && Math.max(state.lastReadEndMs, ...state.marks.map(({ to }) => to + 9e7)),
      marks: state.marks.map((mark) => ({ ...mark, reason: 'too-dense' })),
    }),
    (after, before) => ({
      ...after,
      lastReadEndMs: after.readEndMs === null ? after.lastReadEndMs : before.lastReadEndMs,
      marks: after.marks.map((mark) => ({ ...mark, reason: reasonIn(before, mark) })),
    }),
  ),
} satisfies Readonly<Record<string, Mutant>>;

/** The rule of the checker that catches each. */
export const caughtBy: Readonly<Record<keyof typeof mutants, Rule>> = {
  'claims a full page': 'c',
  'believes an answer that a default window could have given': 'c',
  'drops the witness rule': 'c',
  'takes a failed request for an empty page': 'c',
  'takes an answer without a list for an empty page': 'c',
  'asks for less than it claims': 'c',
  'moves its cursor one unit too far': 'c',
  'rounds the end of a claim up to whole seconds': 'c',
  'never reads again what it has read': 'c',
  'reads again from now on back, not from the last read': 'c',
  'calls settled what it has read once': 'c',
  'claims up to now and beyond': 'c',
  'claims beyond the reach': 'c',
  'ignores rows outside the window asked': 'c',
  'takes a cached answer for a fresh one': 'c',
  'forgets rows that it can not read': 'd',
  'claims the instants of rows that it can not read': 'c',
  'takes rows of another part for none': 'c',
  'claims before it stores, in two transactions': 'c',
  'does not look again at records that change': 'd',
  'sees no change but in the fixed columns': 'd',
  'tells trades apart by their trade id alone': 'a',
  'passes amounts through a floating-point number': 'd',
  'writes a row again as JSON instead of keeping its bytes': 'd',
  'does not read longer again although records come later': 'c',
  'never reads the whole reach again': 'a',
  'counts no equal records': 'c',
  'covers a stream where any of its parts is covered': 'c',
  'closes a stream by the calendar alone': 'a',
  'gives up what the key could not read for a while': 'a',
};

function bound(store: HistoryStore): HistoryStore {
  return {
    openPart: (reference) => store.openPart(reference),
    commitPage: (reference, fence, page, decide) => store.commitPage(reference, fence, page, decide),
    changePart: (reference, fence, change) => store.changePart(reference, fence, change),
    knownValues: (reference, column) => store.knownValues(reference, column),
    changingRecords: (reference) => store.changingRecords(reference),
  };
}

function meeting(meets: Fault, mutant: Mutant): Mutant {
  return { ...mutant, meets };
}

function deciding(change: (decide: DecidePage, page: Page, reference: PartReference) => DecidePage): Mutant {
  const commitPage =
    (store: HistoryStore) => (reference: PartReference, fence: number, page: Page, decide: DecidePage) =>
      store.commitPage(reference, fence, page, change(decide, page, reference));
  return { store: (store) => ({ ...bound(store), commitPage: commitPage(store) }) };
}

function judging(change: (page: Page, decision: PageDecision, reference: PartReference) => PageDecision): Mutant {
  return deciding((decide, page, reference) => (state, held) => change(page, decide(state, held), reference));
}

/** At every change of a part that begins a read without a page: the first read, and one that gives something up. */
function beginning(change: (after: PartState, before: PartState) => PartState): Mutant {
  return changing((after, before) =>
    before.readEndMs === null && after.readEndMs !== null ? change(after, before) : after,
  );
}

/**
 * What a read is planned by: the plan is written down together with the first page, or before it. `undone` keeps what was
 * put in for planning from being stored.
 */
function planning(
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

function reasonIn({ marks }: PartState, { from, to, reason }: Gap): GapReason {
  return marks.find((mark) => mark.from < to && from < mark.to)?.reason ?? reason;
}

/** At every change of a part that ends a read. */
function finishing(change: (after: PartState) => PartState): Mutant {
  return changing((after, before) => (before.readEndMs !== null && after.readEndMs === null ? change(after) : after));
}

function changing(change: (after: PartState, before: PartState) => PartState): Mutant {
  const changePart =
    (store: HistoryStore): HistoryStore['changePart'] =>
    (reference, fence, decide) =>
      store.changePart(reference, fence, (state) => change(decide(state), state));
  return { store: (store) => ({ ...bound(store), changePart: changePart(store) }) };
}

function mapping(change: (row: MappedRow, table: RecordTable) => MappedRow): Mutant {
  return asking(async (reader, stream, question, signal) => {
    const page = await reader.ask(stream, question, signal);
    return { ...page, rows: page.rows.map((row) => (row.kind === 'row' ? change(row, stream.table) : row)) };
  });
}

function holding(change: (held: Parameters<DecidePage>[1], page: Page) => Parameters<DecidePage>[1]): Mutant {
  return deciding((decide, page) => (state, held) => decide(state, change(held, page)));
}

function asking(ask: (reader: Reader, ...question: Parameters<Reader['ask']>) => Promise<Page>): Mutant {
  return {
    reader: (reader) => ({ ask: (...question) => ask(reader, ...question), check: (...how) => reader.check(...how) }),
  };
}

function serving(change: (page: Page) => Page): Mutant {
  return asking(async (reader, ...question) => change(await reader.ask(...question)));
}

function claimingWhole(page: Page, decision: PageDecision): PageDecision {
  return withClaim({ ...decision, verdict: { kind: 'proves' } }, [page.question.core]);
}

function withClaim(decision: PageDecision, claim: PageDecision['claim']): PageDecision {
  const { state } = decision;
  const covered = union(state.covered, claim);
  return { ...decision, claim, state: { ...state, covered, pending: difference(state.pending, claim) } };
}

function emptyPage(question: Page['question'], unitMs: number): Page {
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
