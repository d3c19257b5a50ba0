import { ExchangeFailure } from '../../src/history/failure.ts';
import { alignUp } from '../../src/history/horizon.ts';
import type { PartState } from '../../src/history/part-state.ts';
import type { PageDecision } from '../../src/history/ports.ts';
import { difference, intersection, type RangeSet, rangeSet, union } from '../../src/history/range-set.ts';
import { finishRead } from '../../src/history/read.ts';
import { recordKeyOf } from '../../src/history/record-key.ts';
import { restOf } from '../../src/history/rest.ts';
import { defaultReadSettings } from '../../src/history/settings.ts';
import {
  asking,
  beginning,
  bound,
  claimingWhole,
  deciding,
  emptyPage,
  finishing,
  holding,
  judging,
  mapping,
  meeting,
  planning,
  reasonIn,
  refusing,
  serving,
  withClaim,
} from './mutant-seams.ts';
import { linkedIn, listedLate, onlyFault } from './plan-run.ts';
import type { Mutant } from './simulated-run.ts';
import type { Rule } from './watch.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

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
  'drops the witness rule': meeting(
    onlyFault('omits-rows'),
    holding((held, page) => {
      const served = new Set(page.rows.flatMap((row) => (row.kind === 'row' ? [row.key] : [])));
      return held.filter((row) => served.has(row.key));
    }),
  ),
  'takes a failed request for an empty page': asking(async (reader, ...question) => {
    try {
      return await reader.ask(...question);
    } catch {
      return emptyPage(question[1], question[0].unitMs);
    }
  }),
  'takes an answer without a list for an empty page': meeting(
    onlyFault('null-data'),
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
    onlyFault('cached'),
    serving((page) => ({ ...page, ageSeconds: 0 })),
  ),
  'forgets rows that it can not read': serving((page) => ({
    ...page,
    rows: page.rows.filter((row) => row.kind === 'row'),
  })),
  'claims the instants of rows that it can not read': judging((page, decision) =>
    decision.verdict.kind === 'proves' && decision.quarantine.length > 0 ? claimingWhole(page, decision) : decision,
  ),
  'takes rows of another part for none': meeting(
    onlyFault('foreign-part'),
    serving((page) => ({
      ...page,
      rows: page.rows.filter((row) => row.kind !== 'row' || row.part === page.question.part),
    })),
  ),
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
  'does not read longer again although records come later': meeting(
    listedLate,
    judging((_page, decision, { stream }) => {
      const state = { ...decision.state, longestLateMs: null };
      // The last page of a read ends it, by what is known of late records then.
      const ended = state.readEndMs === null && state.lastReadEndMs !== null;
      return { ...decision, state: ended ? finishRead(state, stream, defaultReadSettings) : state };
    }),
  ),
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
  'leaves the oldest ten days of the documented reach unread': beginning((state) => {
    const from = state.claimedFromMs ?? 0;
    const oldest = { from, to: from + 10 * dayMs };
    const mark = { ...oldest, reason: 'unanswered', askAgainMs: 8e15, rounds: 0 } as const;
    return { ...state, pending: difference(state.pending, [oldest]), marks: [...state.marks, mark] };
  }),
  'finds the edge three days too late': refusing((asked, edgeMs) => asked.from < edgeMs + 3 * dayMs),
  'gives up a window as a whole when it is refused': refusing((asked, _edgeMs, refused) =>
    refused.some(({ from, to }) => from <= asked.from && asked.to <= to),
  ),
  'stops the walk at an empty page': judging((page, decision) => {
    const { state } = decision;
    const isOfWalk = page.question.core.to <= (state.claimedFromMs ?? 0);
    return isOfWalk && page.rows.length === 0
      ? { ...decision, state: walked(state, page.question.core.from) }
      : decision;
  }),
  'forgets the walk after an interruption': {
    store: (store) => ({
      ...bound(store),
      openPart: async (reference) => {
        const opened = await store.openPart(reference);
        const { lastReadEndMs, readEndMs, readThrough } = opened.state;
        if (lastReadEndMs === null || readEndMs !== null || readThrough) return opened;
        const { state } = { state: walked(opened.state, opened.state.claimedFromMs ?? 0) };
        return { ...opened, state: await store.changePart(reference, opened.fence, () => state) };
      },
    }),
  },
  'says of time that it never requested that it had expired': {
    gaps: (gaps) =>
      gaps.map((gap) => (gap.reason === 'not-yet-read' ? { ...gap, reason: 'expired-before-link' } : gap)),
  },
  'claims by an old answer what was too young in it': {
    replays: (replays) => ({
      ...replays,
      commit: (reference, fence, replay, decide) =>
        replays.commit(reference, fence, replay, (state, held, aside) => {
          const decision = decide(state, held, aside);
          const gap = rangeSet(state.marks.filter(({ reason }) => reason === 'quarantined'));
          const claim = intersection(gap, [replay.page.question.core]);
          const marks = decision.state.marks.filter(({ reason }) => reason !== 'quarantined');
          return withClaim({ ...decision, state: { ...decision.state, marks } }, claim);
        }),
    }),
  },
  'sees nothing in exactly a hundred movements': {
    meets: (plan) => ({ ...plan, manner: { ...plan.manner, lastMovementsOnly: 100 } }),
    stream: (stream) => ({ ...stream, suspiciousTotal: null }),
  },
  'takes nothing back when bounds turn out to be ignored': meeting(
    linkedIn('bounds-ignored'),
    deciding((decide) => (before, held) => {
      const decision = decide(before, held);
      if (decision.verdict.kind !== 'no-evidence') return decision;
      return { ...decision, state: { ...decision.state, covered: union(before.covered, decision.state.covered) } };
    }),
  ),
  'reads nothing again before the exchange closes': { settings: { timetable: null } },
  'lets one row that can not be read excuse every omission': meeting(
    onlyFault('omits-rows'),
    holding((held, page) => {
      const served = new Set(page.rows.flatMap((row) => (row.kind === 'row' ? [row.key] : [])));
      return page.rows.some(({ kind }) => kind === 'unreadable') ? held.filter(({ key }) => served.has(key)) : held;
    }),
  ),
  'marks one millisecond where a row could not be read': judging((_page, decision, { stream }) => {
    if (stream.unitMs === 1) return decision;
    const narrow = (mark: PartState['marks'][number]) =>
      mark.reason === 'quarantined' && mark.to - mark.from === stream.unitMs ? { ...mark, to: mark.from + 1 } : mark;
    const marks = decision.state.marks.map(narrow);
    const rest = decision.state.marks.flatMap((mark) =>
      mark.reason === 'quarantined' ? difference([mark], [narrow(mark)]) : [],
    );
    return { ...decision, state: { ...decision.state, marks, covered: union(decision.state.covered, rangeSet(rest)) } };
  }),
  'claims a window whose page was not stored': {
    store: (store) => ({
      ...bound(store),
      commitPage: async (reference, fence, page, decide) => {
        const name = `${reference.accountId}/${reference.stream.name}/${reference.part}`;
        try {
          return await store.commitPage(reference, fence, page, (state, held) => {
            const decision = decide(state, held);
            const lost = notStored.get(name);
            return lost && decision.verdict.kind === 'proves' ? withClaim(decision, lost) : decision;
          });
        } catch (error) {
          notStored.set(name, [page.question.core]);
          throw error;
        }
      },
    }),
  },
  'asks two windows at once that overlap': {
    reader: (reader) => ({
      ...reader,
      ask: (stream, question, signal) => {
        const wider = { from: question.core.from - hourMs, to: question.core.to };
        return reader.ask(stream, question.split ? question : { ...question, core: wider }, signal);
      },
    }),
  },
  'loses the older half of a window that was full': judging((page, decision) => {
    if (decision.verdict.kind !== 'steers' || page.question.split) return decision;
    const { from, to } = page.question.core;
    const half = [{ from, to: Math.floor((from + to) / 2) }];
    const { state } = decision;
    return {
      ...decision,
      state: { ...state, pending: difference(state.pending, half), requested: union(state.requested, half) },
    };
  }),
  'takes a pair that BitMart does not know for one without loans': meeting(
    onlyFault('unknown-symbol'),
    asking(async (reader, stream, question, signal) => {
      try {
        return await reader.ask(stream, question, signal);
      } catch (error) {
        const isUnknown = error instanceof ExchangeFailure && error.details.kind === 'unknown-symbol';
        if (!isUnknown || question.split !== undefined || stream.pairsOf === undefined) throw error;
        return emptyPage(question, stream.unitMs);
      }
    }),
  ),
  'reads the loans of one pair for those of every pair': asking((reader, stream, question, signal) => {
    const [first] = stream.parts;
    if (stream.pairsOf === undefined || first === undefined || question.part.startsWith('repay'))
      return reader.ask(stream, question, signal);
    return reader.ask(stream, { ...question, part: first }, signal);
  }),
  'claims of a list more than lies between its records': judging((page, decision, { stream }) =>
    stream.isList && decision.verdict.kind === 'proves' ? withClaim(decision, [page.question.core]) : decision,
  ),
  'believes a list that omits a record': meeting(
    onlyFault('omits-rows'),
    deciding((decide, page, { stream }) => {
      const served = new Set(page.rows.flatMap((row) => (row.kind === 'row' ? [row.key] : [])));
      return (state, held) => decide(state, stream.isList ? held.filter(({ key }) => served.has(key)) : held);
    }),
  ),
  'judges a page by the time at which its read began': {
    // A default window moves on while slow answers come.
    meets: (plan) => ({
      ...linkedIn('bounds-ignored')(plan),
      manner: { ...plan.manner, latencyMs: [60_000, 1_200_000] },
    }),
    reader: (reader, exchange) => {
      const clockMs = exchange.clockMs();
      return { ...reader, ask: async (...question) => ({ ...(await reader.ask(...question)), clockMs }) };
    },
  },
} satisfies Readonly<Record<string, Mutant>>;

/** Windows of pages that were not stored, by part. */
const notStored = new Map<string, RangeSet>();

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
  'leaves the oldest ten days of the documented reach unread': 'a',
  'finds the edge three days too late': 'a',
  'gives up a window as a whole when it is refused': 'a',
  'stops the walk at an empty page': 'a',
  'forgets the walk after an interruption': 'a',
  'says of time that it never requested that it had expired': 'f',
  'claims by an old answer what was too young in it': 'c',
  'sees nothing in exactly a hundred movements': 'c',
  'takes nothing back when bounds turn out to be ignored': 'c',
  'reads nothing again before the exchange closes': 'a',
  'lets one row that can not be read excuse every omission': 'c',
  'marks one millisecond where a row could not be read': 'c',
  'claims a window whose page was not stored': 'c',
  'asks two windows at once that overlap': 'together',
  'loses the older half of a window that was full': 'a',
  'takes a pair that BitMart does not know for one without loans': 'c',
  'reads the loans of one pair for those of every pair': 'c',
  'claims of a list more than lies between its records': 'c',
  'believes a list that omits a record': 'c',
  'judges a page by the time at which its read began': 'c',
};

/** The state when everything before an instant counts as requested. */
function walked(state: PartState, toMs: number): PartState {
  return { ...state, requested: union(state.requested, [{ from: 0, to: toMs }]) };
}
