import { check, type Fate } from './checker.ts';
import { divergence, type Outcome } from './convergence.ts';
import { eventsOfPlan } from './events.ts';
import { memoryEnvironment } from './memory-environment.ts';
import type { Plan } from './plan.ts';
import { disturbedAnew, type PlanOptions, planOf } from './plan-run.ts';
import type { PostgresEnvironments } from './postgres-environment.ts';
import { type Mutant, type RunOptions, type SimulatedRun, simulate } from './simulated-run.ts';
import type { StoredStream } from './stored-history.ts';
import type { Finding, Rule } from './watch.ts';

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly events: ReadonlyMap<string, number>;
  readonly fates: ReadonlyMap<Fate, number>;
  readonly records: number;
  readonly requests: number;
  /** Records of which two runs were compared. */
  readonly compared: number;
}

interface CheckedOutcome extends Outcome {
  readonly fates: ReadonlyMap<Fate, number>;
}

/** Runs one plan in memory, twice, and its truth once more under other disturbances; says everything that is wrong. */
export async function proveInMemory(plan: Plan): Promise<Verdict> {
  const one = await runInMemory(plan);
  const again = await simulate(plan, memoryEnvironment());
  if (again.watch.trace() !== one.run.watch.trace()) one.run.watch.find('trace', 'the same plan runs another way');
  return verdictOf(one, await runInMemory(otherOf(plan)));
}

/** The same without the first run's repetition, which says of the simulation alone that it can be repeated. */
export async function proveInMemoryOnce(plan: Plan): Promise<Verdict> {
  return verdictOf(await runInMemory(plan), await runInMemory(otherOf(plan)));
}

/** The same against the real Postgres layer; the second run is in memory, so that the two stores are compared as well. */
export async function proveInPostgres(plan: Plan, environments: PostgresEnvironments): Promise<Verdict> {
  const one = await runInPostgres(plan, environments);
  return verdictOf(one, await runInMemory(otherOf(plan, short), short));
}

/** The same truth as a second run reads it. */
export function otherOf(plan: Plan, options: PlanOptions = {}): Plan {
  return disturbedAnew(plan, plan.seed + 1_000_003, options);
}

/** One run on its own, as far as it needs no other to be compared with. */
export async function proveAlone(plan: Plan, environments: PostgresEnvironments | null): Promise<SimulatedRun> {
  const { run } = await (environments ? runInPostgres(plan, environments) : runInMemory(plan));
  return run;
}

const short: RunOptions & PlanOptions = { short: true };

/** Whether a deliberate bug is caught in one run by a rule that finds nothing in the same run without it. */
export async function catches(seed: number, mutant: Mutant, rule: Rule): Promise<boolean> {
  const plan = mutant.meets?.(planOf(seed)) ?? planOf(seed);
  const isFound = async (options: RunOptions) =>
    (await runInMemory(plan, options)).run.watch.findings.some((finding) => finding.rule === rule);
  return (await isFound({ mutant })) && !(await isFound({}));
}

/** Runs a plan and reports every commit. */
export async function followInMemory(plan: Plan, say: (line: string) => void): Promise<void> {
  await runInMemory(plan, { say });
}

/** The same in Postgres. */
export async function followInPostgres(
  plan: Plan,
  environments: PostgresEnvironments,
  say: (line: string) => void,
): Promise<void> {
  await runInPostgres(plan, environments, say);
}

async function runInPostgres(
  plan: Plan,
  environments: PostgresEnvironments,
  say?: (line: string) => void,
): Promise<CheckedOutcome> {
  const environment = await environments.next(plan);
  const run = await simulate(plan, environment, { ...short, ...(say && { say }) });
  return checked(run, await environment.stored(run));
}

/** A run that is over, and what it left behind. */
export async function outcomeInMemory(plan: Plan, options: RunOptions = {}): Promise<Outcome> {
  const environment = memoryEnvironment();
  const run = await simulate(plan, environment, options);
  return { run, stored: environment.stored(run) };
}

async function runInMemory(plan: Plan, options: RunOptions = {}): Promise<CheckedOutcome> {
  const { run, stored } = await outcomeInMemory(plan, options);
  return checked(run, stored);
}

function checked(run: SimulatedRun, stored: readonly StoredStream[]): CheckedOutcome {
  return { run, stored, fates: check(run, stored).fates };
}

function verdictOf(one: CheckedOutcome, other: CheckedOutcome): Verdict {
  const { findings: diverging, compared } = divergence(one, other);
  const events = new Map(eventsOfPlan(one.run.plan));
  for (const { exchange } of [one.run, other.run]) {
    for (const [event, times] of exchange.fired) events.set(event, (events.get(event) ?? 0) + times);
  }
  return {
    findings: [...one.run.watch.findings, ...other.run.watch.findings, ...diverging],
    events,
    fates: one.fates,
    records: one.run.plan.records.length,
    requests: one.run.exchange.requests + other.run.exchange.requests,
    compared,
  };
}
