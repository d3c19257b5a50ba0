import type { Plan, PlannedAttempt } from './plan.ts';
import type { Finding } from './watch.ts';

export type RunPlan = (plan: Plan) => Promise<readonly Finding[]>;

export interface Shrunk {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly runs: number;
}

/**
 * A smaller plan that still breaks the same rule: leaves out records, syncs, attempts, faults and troubles, half of them
 * at first and then less and less, and calms down what is left. The same plan always shrinks to the same one.
 */
export async function shrink(plan: Plan, run: RunPlan, runsAtMost = 600): Promise<Shrunk> {
  let best = { plan, findings: await run(plan) };
  let runs = 1;
  const rule = best.findings[0]?.rule;
  const attempt = async (smaller: Plan): Promise<boolean> => {
    if (runs >= runsAtMost) return false;
    runs++;
    const found = await run(smaller);
    const same = found.filter((finding) => finding.rule === rule);
    if (same.length === 0) return false;
    best = { plan: smaller, findings: same };
    return true;
  };
  for (let before = ''; before !== sizeOf(best.plan) && runs < runsAtMost; ) {
    before = sizeOf(best.plan);
    for (const list of lists) await shrinkList(() => best.plan, list, attempt);
    for (const simpler of simplifications) {
      const changed = simpler(best.plan);
      if (JSON.stringify(changed) !== JSON.stringify(best.plan)) await attempt(changed);
    }
  }
  return { ...best, runs };
}

interface ListOfPlan {
  readonly of: (plan: Plan) => readonly unknown[];
  readonly with: (plan: Plan, items: readonly never[]) => Plan;
}

const lists: readonly ListOfPlan[] = [
  { of: (plan) => plan.streams, with: withStreams },
  { of: (plan) => plan.records, with: (plan, records) => ({ ...plan, records }) },
  { of: (plan) => plan.syncs, with: (plan, syncs) => ({ ...plan, syncs }) },
  { of: (plan) => plan.troubles, with: (plan, troubles) => ({ ...plan, troubles }) },
  { of: (plan) => plan.failures, with: (plan, failures) => ({ ...plan, failures }) },
  { of: (plan) => plan.delistings, with: (plan, delistings) => ({ ...plan, delistings }) },
  { of: (plan) => plan.rotations, with: withRotations },
  { of: attemptsOf, with: withAttempts },
  { of: faultsOf, with: withFaults },
];

async function shrinkList(
  plan: () => Plan,
  list: ListOfPlan,
  attempt: (plan: Plan) => Promise<boolean>,
): Promise<void> {
  let chunk = Math.ceil(list.of(plan()).length / 2);
  while (chunk >= 1) {
    let at = 0;
    while (at < list.of(plan()).length) {
      const items = list.of(plan());
      const rest = [...items.slice(0, at), ...items.slice(at + chunk)] as never[];
      if (!(await attempt(list.with(plan(), rest)))) at += chunk;
    }
    chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2);
  }
}

function withStreams(plan: Plan, streams: Plan['streams']): Plan {
  const names = new Set(streams.map(({ name }) => name));
  return { ...plan, streams, records: plan.records.filter(({ stream }) => names.has(stream)) };
}

/** Only a new key is ever served more. */
function withRotations(plan: Plan, rotations: Plan['rotations']): Plan {
  const isKept = ({ fromMs }: { readonly fromMs: number }, i: number) =>
    i === 0 || rotations.some(({ replacedAtMs }) => replacedAtMs === fromMs);
  const reaches = plan.reaches.map((reach) => ({ ...reach, steps: reach.steps.filter(isKept) }));
  return { ...plan, rotations, reaches };
}

function attemptsOf(plan: Plan): readonly PlannedAttempt[] {
  return plan.syncs.flatMap(({ attempts }) => attempts);
}

function withAttempts(plan: Plan, left: readonly PlannedAttempt[]): Plan {
  const kept = new Set(left);
  const syncs = plan.syncs.map((sync) => ({ ...sync, attempts: sync.attempts.filter((each) => kept.has(each)) }));
  return { ...plan, syncs };
}

function faultsOf(plan: Plan): readonly unknown[] {
  return attemptsOf(plan).flatMap(({ faults }) => faults);
}

function withFaults(plan: Plan, left: readonly unknown[]): Plan {
  const kept = new Set(left);
  return everyAttempt(plan, (each) => ({ ...each, faults: each.faults.filter((fault) => kept.has(fault)) }));
}

function everyAttempt(plan: Plan, change: (attempt: PlannedAttempt) => PlannedAttempt): Plan {
  return { ...plan, syncs: plan.syncs.map((sync) => ({ ...sync, attempts: sync.attempts.map(change) })) };
}

const simplifications: readonly ((plan: Plan) => Plan)[] = [
  (plan) => ({ ...plan, manner: { ...plan.manner, order: 'newest-first' } }),
  (plan) => ({ ...plan, manner: { ...plan.manner, includesStart: true, includesEnd: true } }),
  (plan) => ({ ...plan, manner: { ...plan.manner, latencyMs: [20, 400], clockErrorMs: 0 } }),
  (plan) => ({ ...plan, manner: { ...plan.manner, replicaLagMs: 0 } }),
  (plan) => ({ ...plan, manner: { ...plan.manner, readAhead: 0 } }),
  (plan) => ({ ...plan, manner: { ...plan.manner, capBeforePart: false } }),
  (plan) => ({ ...plan, manner: { ...plan.manner, lastMovementsOnly: null } }),
  (plan) => ({ ...plan, reaches: plan.reaches.map((reach) => ({ ...reach, edge: 'empty' })) }),
  (plan) => ({ ...plan, reaches: plan.reaches.map((reach) => ({ ...reach, jumpMs: 0 })) }),
  (plan) => ({ ...plan, reaches: plan.reaches.map((reach) => ({ ...reach, steps: reach.steps.slice(0, 1) })) }),
  (plan) => ({ ...plan, manner: { ...plan.manner, contractsListedFromMs: 0 } }),
  (plan) => ({ ...plan, mappingFixedAtMs: null }),
  (plan) => ({ ...plan, timetable: null }),
  (plan) => ({ ...plan, duplicate: null }),
  (plan) => ({ ...plan, syncs: plan.syncs.map((sync) => ({ ...sync, range: null })) }),
  (plan) => ({ ...plan, syncs: plan.syncs.map((sync) => ({ ...sync, isCutShort: false })) }),
  (plan) => ({ ...plan, records: plan.records.map((record) => ({ ...record, delayMs: 0 })) }),
  (plan) => ({ ...plan, records: plan.records.map((record) => ({ ...record, flaw: null })) }),
  (plan) => ({ ...plan, records: plan.records.map((record) => ({ ...record, goneFromMs: null })) }),
  (plan) => ({ ...plan, records: plan.records.map((record) => ({ ...record, states: record.states.slice(-1) })) }),
  (plan) => everyAttempt(plan, (attempt) => ({ ...attempt, crash: null })),
  (plan) => everyAttempt(plan, (attempt) => ({ ...attempt, stopAtStep: null })),
  (plan) => everyAttempt(plan, (attempt) => ({ ...attempt, together: 'alone' })),
  (plan) => everyAttempt(plan, (attempt) => ({ ...attempt, pages: 50 })),
];

function sizeOf(plan: Plan): string {
  const counts = lists.map((list) => list.of(plan).length);
  return [...counts, JSON.stringify(plan.manner)].join(' ');
}
