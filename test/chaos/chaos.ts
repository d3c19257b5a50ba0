import { setTimeout as sleep } from 'node:timers/promises';
import { Trading } from '../../dev/demo/trading.ts';
import { Agreement } from './agreement.ts';
import { Environment } from './environment.ts';
import { Faults } from './faults.ts';
import { Person } from './person.ts';
import type { ChaosPlan } from './plan.ts';
import { mistakesIn } from './verdict.ts';

export interface ChaosOptions {
  readonly say: (line: string) => void;
  /** Where logs are kept. */
  readonly logFolder?: string | null;
  readonly signal?: AbortSignal;
}

export interface ChaosResult {
  readonly findings: readonly string[];
  readonly records: number;
  readonly requests: number;
  /** From the end of the faults until everything was as it should be. */
  readonly settledAfterMs: number;
}

const tradeEveryMs = 400;
const lookEveryMs = 1_000;
const tellEveryLooks = 20;

/** Runs a plan, lets everything settle, and compares the result with what was acknowledged and with the truth. */
export async function runChaos(plan: ChaosPlan, options: ChaosOptions): Promise<ChaosResult> {
  const { say, logFolder = null, signal } = options;
  await using closers = new AsyncDisposableStack();
  const environment = await Environment.start(plan, closers, logFolder);
  const { exchange } = environment.sandbox;
  const startedMs = Date.now();
  const note = (line: string) => say(`${((Date.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
  const people = plan.people.map((person) => new Person(environment, person, note));
  const trading = new Trading(exchange);
  closers.defer(() => trading.stop());
  trading.start(
    plan.people.map(({ name }) => name),
    tradeEveryMs,
  );

  const ended = new AbortController();
  signal?.addEventListener('abort', () => ended.abort());
  const faults = new Faults(environment, note, ended.signal);
  const happening: Promise<void>[] = plan.faults.map(async (fault) => {
    await sleep(fault.atMs, undefined, { signal: ended.signal }).catch(() => {});
    if (!ended.signal.aborted) await faults.happen(fault);
  });
  const acting = people.map((person) =>
    person.act(startedMs, ended.signal, (fault) => void happening.push(faults.happen(fault))),
  );
  await sleep(plan.durationMs, undefined, { signal: ended.signal }).catch(() => {});
  ended.abort();
  await Promise.all(happening);
  signal?.throwIfAborted();
  note('no more faults');
  await Promise.all(acting);
  trading.stop();

  const agreement = await Agreement.open(environment);
  closers.defer(() => agreement.close());
  const quietMs = Date.now();
  const deadlineMs = quietMs + plan.settleWithinMs;
  const settled = (look: () => Promise<string[]>) => untilNothingIsFound(look, deadlineMs, { say: note, signal });
  const contradictions = async () => {
    return (await Promise.all(people.map((person) => agreement.contradictions(person)))).flat();
  };
  await requestSyncs(people);
  const findings = await settled(contradictions);
  for (const {
    endlessRange,
    plan: { name },
  } of people) {
    if (endlessRange !== null) findings.push(`${name}: a range took ${endlessRange} requests`);
  }
  note('what was acknowledged holds; now everything is resumed, linked and read');
  const accounts = await Promise.all(people.map((person) => person.becomeWhole()));
  await requestSyncs(people);
  const mistakes = async () =>
    (
      await Promise.all(people.map((person, place) => mistakesIn(environment, person, accounts[place] as string)))
    ).flat();
  const late = await settled(async () => [...(await contradictions()), ...(await mistakes())]);
  const records = plan.people.reduce((sum, { name }) => sum + exchange.truth(name).length, 0);
  return {
    findings: [...findings, ...late],
    records,
    requests: exchange.counts().requests,
    settledAfterMs: Date.now() - quietMs,
  };
}

async function requestSyncs(people: readonly Person[]): Promise<void> {
  for (const { owner } of people) {
    for (const { accountId, status } of await owner.list()) {
      if (status !== 'paused' && status !== 'unlinked') await owner.sync(accountId, { wait: false }).catch(() => {});
    }
  }
}

/** What is still found when the time is up. */
async function untilNothingIsFound(
  look: () => Promise<string[]>,
  deadlineMs: number,
  { say, signal }: { readonly say: (line: string) => void; readonly signal: AbortSignal | undefined },
): Promise<string[]> {
  for (let looks = 1; ; looks++) {
    const found = await look();
    if (found.length === 0 || Date.now() > deadlineMs) return found;
    if (looks % tellEveryLooks === 0) for (const line of found) say(`not settled yet: ${line}`);
    await sleep(lookEveryMs, undefined, { signal });
  }
}
