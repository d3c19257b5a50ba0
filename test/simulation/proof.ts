import { findings } from './checker.ts';
import { divergence, type Outcome } from './convergence.ts';
import { eventsOfPlan } from './events.ts';
import { type Life, type LifeOptions, live, type Mutant } from './life.ts';
import { memoryStage } from './memory-stage.ts';
import type { Plan } from './plan.ts';
import { disturbedAnew, onlyFault, type PlanOptions, planOf } from './plan-life.ts';
import type { PostgresStages } from './postgres-stage.ts';
import type { Finding } from './watch.ts';

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly events: ReadonlyMap<string, number>;
  readonly records: number;
  readonly requests: number;
  /** Records of which two lives were compared. */
  readonly compared: number;
}

/** Lives one plan in memory, and its truth once more under other disturbances; says everything that is wrong. */
export async function proveInMemory(plan: Plan): Promise<Verdict> {
  return verdictOf(await liveInMemory(plan), await liveInMemory(otherOf(plan)));
}

/** The same against the real Postgres layer; the second life is in memory, so that the two stores are compared as well. */
export async function proveInPostgres(plan: Plan, stages: PostgresStages): Promise<Verdict> {
  const one = await liveInPostgres(plan, stages);
  return verdictOf(one, await liveInMemory(otherOf(plan, short), short));
}

/** The same truth as a second life reads it. */
export function otherOf(plan: Plan, options: PlanOptions = {}): Plan {
  return disturbedAnew(plan, plan.seed + 1_000_003, options);
}

/** One life by itself, as far as it needs no other to be compared with. */
export async function proveAlone(plan: Plan, stages: PostgresStages | null): Promise<Life> {
  const { life } = await (stages ? liveInPostgres(plan, stages) : liveInMemory(plan));
  return life;
}

const short: LifeOptions & PlanOptions = { short: true };

/** One life in memory with a deliberate bug. */
export async function runMutant(seed: number, mutant: Mutant): Promise<readonly Finding[]> {
  const plan = mutant.meets === undefined ? planOf(seed) : onlyFault(planOf(seed), mutant.meets);
  const { life } = await liveInMemory(plan, { mutant });
  return life.watch.findings;
}

/** Lives a plan and tells of every commit. */
export async function followInMemory(plan: Plan, say: (line: string) => void): Promise<void> {
  await liveInMemory(plan, { say });
}

/** The same in Postgres. */
export async function followInPostgres(plan: Plan, stages: PostgresStages, say: (line: string) => void): Promise<void> {
  await liveInPostgres(plan, stages, say);
}

async function liveInPostgres(plan: Plan, stages: PostgresStages, say?: (line: string) => void): Promise<Outcome> {
  const stage = await stages.next(plan);
  const life = await live(plan, stage, { ...short, ...(say && { say }) });
  const stored = await stage.stored(life);
  findings(life, stored);
  return { life, stored };
}

async function liveInMemory(plan: Plan, options: LifeOptions = {}): Promise<Outcome> {
  const stage = memoryStage(plan);
  const life = await live(plan, stage, options);
  const stored = stage.stored(life);
  findings(life, stored);
  return { life, stored };
}

function verdictOf(one: Outcome, other: Outcome): Verdict {
  const { findings: diverging, compared } = divergence(one, other);
  const events = new Map(eventsOfPlan(one.life.plan));
  for (const { exchange } of [one.life, other.life]) {
    for (const [event, times] of exchange.fired) events.set(event, (events.get(event) ?? 0) + times);
  }
  return {
    findings: [...one.life.watch.findings, ...other.life.watch.findings, ...diverging],
    events,
    records: one.life.plan.records.length,
    requests: one.life.exchange.requests + other.life.exchange.requests,
    compared,
  };
}
