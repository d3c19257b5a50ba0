import type { DecidePage, HistoryStore, PageDecision, PartReference, Reader } from '../../src/history/ports.ts';
import { difference, union } from '../../src/history/range-set.ts';
import type { Page } from '../../src/history/stream.ts';
import type { Mutant } from './life.ts';

/**
 * Bugs that an engine like this could have, each put in on purpose at one of its seams. The checker must find every one:
 * a checker that can't fail proves nothing.
 */
export const mutants: Readonly<Record<string, Mutant>> = {
  'claims a full page': judging((_page, decision) =>
    decision.verdict.kind === 'steers' ? claimingWhole(_page, decision) : decision,
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
  'asks for less than it claims': asking(async (reader, stream, question, signal) => {
    const core = { from: question.core.from + 60_000, to: question.core.to - 60_000 };
    if (core.from >= core.to) return await reader.ask(stream, question, signal);
    return { ...(await reader.ask(stream, { ...question, core }, signal)), question };
  }),
  'moves its cursor one unit too far': judging((page, decision) => {
    const beyond = [{ from: page.question.core.to, to: page.question.core.to + 60_000 }];
    return decision.verdict.kind === 'proves' ? withClaim(decision, beyond) : decision;
  }),
  'never reads again what it has read': { settings: { rereadWindowMs: 0 } },
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
  'takes a cached answer for a fresh one': serving((page) => ({ ...page, ageSeconds: 0 })),
  'forgets rows that it can not read': serving((page) => ({
    ...page,
    rows: page.rows.filter((row) => row.kind === 'row'),
  })),
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

function deciding(change: (decide: DecidePage, page: Page) => DecidePage): Mutant {
  const commitPage =
    (store: HistoryStore) => (reference: PartReference, fence: number, page: Page, decide: DecidePage) =>
      store.commitPage(reference, fence, page, change(decide, page));
  return { store: (store) => ({ ...bound(store), commitPage: commitPage(store) }) };
}

function judging(change: (page: Page, decision: PageDecision) => PageDecision): Mutant {
  return deciding((decide, page) => (state, held) => change(page, decide(state, held)));
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
