import { findings } from './checker.ts';
import { divergence, type Outcome } from './convergence.ts';
import { eventsOfPlan } from './events.ts';
import { type LifeOptions, live, type Mutant } from './life.ts';
import { memoryStage } from './memory-stage.ts';
import type { Plan } from './plan.ts';
import { disturbedAnew, onlyFault, planOf } from './plan-life.ts';
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
  const one = await liveInMemory(plan);
  const other = await liveInMemory(disturbedAnew(plan, plan.seed + 1_000_003));
  return verdictOf(one, other);
}

/** The same against the real Postgres layer; the second life is in memory, so that the two stores are compared as well. */
export async function proveInPostgres(plan: Plan, stages: PostgresStages): Promise<Verdict> {
  const stage = await stages.next();
  const options: LifeOptions = { short: true };
  const life = await live(plan, stage, options);
  const stored = await stage.stored(life);
  findings(life, stored);
  const other = await liveInMemory(disturbedAnew(plan, plan.seed + 1_000_003, options), options);
  return verdictOf({ life, stored }, other);
}

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

async function liveInMemory(plan: Plan, options: LifeOptions = {}): Promise<Outcome> {
  const stage = memoryStage();
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
