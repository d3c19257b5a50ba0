import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../sandbox/random.ts';
import { subAccountTransfers } from '../../src/bitmart/streams/sub-account-transfers.ts';
import { alignDown } from '../../src/history/horizon.ts';
import type { PartState } from '../../src/history/part-state.ts';
import { contains, covers, difference } from '../../src/history/range-set.ts';
import { judgeList } from '../../src/history/read-list.ts';
import type { ServedRow, Stream } from '../../src/history/stream.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { mutantFolder, mutatedModule, root } from '../support/mutated-module.ts';
import { dayMs, nowMs, pageOf, rowAt, settings } from './pages.ts';

/** Lists of made-up accounts, read a few times, with answers that are wrong in one of these ways. */
const faults = ['none', 'none', 'none', 'omits', 'cached', 'too-long', 'unreadable', 'without-time'] as const;
const stream: Stream = { ...subAccountTransfers.stream, cap: 8 };
const reference = { accountId: 'account', stream, part: 'all' };
const reads = 8;
const runs = 300;

test(`${runs} accounts: a list claims what lies between its records, and nothing that it may leave out`, async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= runs; seed++) broken.push(...(await brokenRules(seed, judgeList)));
  expect(broken).toEqual([]);
});

const file = 'src/history/read-list.ts';
const mistakes: readonly (readonly [name: string, right: string, wrong: string])[] = [
  ['a full list claims', 'full || listed === null', 'listed === null'],
  ['a list claims beyond its records', 'intersection([listed], [core])', '[core]'],
  ['a list that omits a record is evidence', 'held.find((row)', '[].find((row)'],
  ['an answer of a cache, or of too many rows, is evidence', 'if (objection)', 'if (objection && false)'],
  [
    'what can’t be read stays claimed',
    'difference(union(state.covered, claim), quarantined)',
    'union(state.covered, claim)',
  ],
  [
    'what can’t be read is no gap',
    "...quarantined.map((range) => ({ ...range, reason: 'quarantined' as const })),",
    '',
  ],
  ['what was claimed before is forgotten', 'union(state.covered, claim)', 'claim'],
  ['a full list looks like one that ends', "full ? 'too-dense' : 'reach-unknown'", "'reach-unknown'"],
];

test.each(mistakes)('the deliberate bug is found: %s', async (_, right, wrong) => {
  const source = readFileSync(join(root, file), 'utf8');
  expect(source.split(right)).toHaveLength(2);
  const mutant = await import(
    mutatedModule(
      mutantFolder(),
      file,
      source.replace(right, () => wrong),
    )
  );
  for (let seed = 1; seed <= runs; seed++) if ((await brokenRules(seed, mutant.judgeList)).length > 0) return;
  expect.fail(`${runs} accounts show nothing of it`);
});

/** What the judge of a list does wrong with one account. */
async function brokenRules(seed: number, judge: typeof judgeList): Promise<readonly string[]> {
  const random = new Random(seed, 'lists');
  const store = new MemoryStore();
  const { fence } = await store.openPart(reference);
  const truth = Array.from({ length: random.between(0, 24) }, () =>
    alignDown(nowMs - random.between(0, 200 * dayMs), stream.unitMs),
  );
  const broken: string[] = [];
  let atMs = nowMs - 90 * dayMs;
  for (let read = 1; read <= reads; read++) {
    atMs += random.between(1, 20) * dayMs;
    const { rows, fault, omittedAtMs } = answer(atMs);
    const core = { from: stream.originMs, to: alignDown(atMs - settings.settleLagMs, stream.unitMs) };
    const page = { ...pageOf(core.from, core.to, rows, stream, atMs), ageSeconds: fault === 'cached' ? 3 : 0 };
    const before = store.part(reference).state;
    await store.commitPage(reference, fence, page, (state, held) =>
      judge(page, state, held, { stream, settings, keyId: 'key' }),
    );
    const { state } = store.part(reference);
    const times = rows.flatMap((row) => row.at ?? []);
    const [oldestMs, newestMs] = [Math.min(...times), Math.max(...times)];
    const isFull = rows.length >= stream.cap;
    const lost = difference(before.covered, state.covered);
    const unreadable = rows.flatMap((row) => (row.kind === 'unreadable' && row.at !== null ? [row.at] : []));
    const isEvidence = fault === 'none' || fault === 'unreadable';
    const omitsBetween = omittedAtMs !== null && oldestMs < omittedAtMs && omittedAtMs < newestMs;
    const rules: Readonly<Record<string, boolean>> = {
      'claims only what is stored': truth.every((at) => at > atMs || !contains(state.covered, at) || isStored(at)),
      'claims what lies between records':
        !(fault === 'none' && !isFull && rows.length > 0) ||
        covers(state.covered, { from: oldestMs, to: newestMs + stream.unitMs }),
      'claims nothing of a wrong answer': !isWrong() || grown(before, state).length === 0,
      'takes back nothing but what can’t be read':
        fault === 'without-time' ||
        lost.every(({ from, to }) => unreadable.includes(from) && to - from === stream.unitMs),
      'claims nothing that can’t be read': unreadable.every((at) => !contains(state.covered, at)),
      'a gap for what can’t be read': unreadable.every((at) => hasMark(state, 'quarantined', at)),
      'a gap says whether the list was full':
        !isEvidence || hasMark(state, isFull ? 'too-dense' : 'reach-unknown', core.from),
    };
    for (const [rule, holds] of Object.entries(rules)) if (!holds) broken.push(`${seed}/${read} ${fault}: ${rule}`);

    function isWrong(): boolean {
      return isFull || fault === 'cached' || fault === 'too-long' || (fault === 'omits' && omitsBetween);
    }
  }
  return broken;

  function isStored(at: number): boolean {
    return store.part(reference).rows.has(`trade-${at}`);
  }

  function answer(clockMs: number) {
    const listed = [...new Set(truth.filter((at) => at < clockMs - dayMs && at > clockMs - 90 * dayMs))];
    const fault = random.pick(faults);
    // Which records a cut list leaves out is unknown.
    const shown = listed.length > stream.cap && fault !== 'too-long' ? random.sample(listed, stream.cap) : listed;
    const rows: ServedRow[] = shown.map((at) => rowAt(at));
    const place = random.between(0, Math.max(0, rows.length - 1));
    const { at: givenAt = null } = rows[place] ?? {};
    if (givenAt === null) return { rows, fault: 'none', omittedAtMs: null } as const;
    if (fault === 'too-long' && rows.length <= stream.cap) return { rows, fault: 'none', omittedAtMs: null } as const;
    // A record that never was served can be left out unseen.
    if (fault === 'omits' && isStored(givenAt)) return { rows: rows.toSpliced(place, 1), fault, omittedAtMs: givenAt };
    if (fault === 'omits') return { rows, fault: 'none', omittedAtMs: null } as const;
    if (fault === 'unreadable' || fault === 'without-time') {
      const at = fault === 'unreadable' ? givenAt : null;
      const spoilt: ServedRow = { kind: 'unreadable', reason: 'not-an-id', at, raw: `{"at":${givenAt}}` };
      return { rows: rows.with(place, spoilt), fault, omittedAtMs: null };
    }
    return { rows, fault, omittedAtMs: null };
  }
}

function grown(before: PartState, after: PartState) {
  return difference(after.covered, before.covered);
}

function hasMark({ marks }: PartState, reason: string, at: number): boolean {
  return marks.some((mark) => mark.reason === reason && mark.from <= at && at < mark.to);
}
