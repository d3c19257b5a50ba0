import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../dev/postgres.ts';
import { progressOn } from '../../src/cli/progress.ts';
import { necessaryEvents, seldomEvents } from './events.ts';
import { mutantTable } from './mutant-table.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan-run.ts';
import { describePlan } from './plan-text.ts';
import { PostgresEnvironments } from './postgres-environment.ts';
import { followInMemory, otherOf, proveAlone, proveInMemory, proveInPostgres } from './proof.ts';
import { shrink } from './shrink.ts';
import { addTally, addVerdict, neverHappened, newTally, type Tally } from './tally.ts';
import type { Finding } from './watch.ts';

/**
 * `npm run simulate -- --seeds N [--from K] [--postgres]` proves many seeds, `-- --seed K` one and tells what happens in it,
 * `-- --plan FILE` a plan that was written down, `-- --bugs` lists the deliberate bugs. The last line is the verdict; exit status 1 when anything was found, or
 * when something that should have been tried never happened.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '500' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      plan: { type: 'string' },
      postgres: { type: 'boolean', default: false },
      bugs: { type: 'boolean', default: false },
    },
  });
  if (values.bugs) return console.log(mutantTable());
  const plan = values.plan === undefined ? null : (JSON.parse(readFileSync(values.plan, 'utf8')) as Plan);
  if (plan) await proveOne(plan, values.postgres);
  else if (values.seed !== undefined) {
    await proveOne(planOf(wholeNumber(values.seed), { short: values.postgres }), values.postgres);
  } else await proveMany(wholeNumber(values.seeds), wholeNumber(values.from), values.postgres);
}

async function proveMany(seeds: number, from: number, inPostgres: boolean): Promise<void> {
  const server = inPostgres ? await startServer() : null;
  const startedMs = Date.now();
  const progress = progressOn(process.stderr, { title: 'Simulating', unit: 'runs' });
  const tally = newTally();
  const processes = Math.max(1, Math.min(availableParallelism(), Math.ceil(seeds / 20)));
  const report = () => progress.report({ done: tally.seeds, total: seeds });
  await Promise.all(
    Array.from({ length: processes }, (_, first) =>
      runShare({ first: from + first, step: processes, last: from + seeds - 1, url: server?.url ?? null }, (part) => {
        addTally(tally, part);
        report();
      }),
    ),
  );
  progress.end();
  await server?.stop();
  const where = inPostgres ? ' --postgres' : '';
  for (const { seed, findings } of tally.failures.slice(0, 20)) {
    console.log(`seed ${seed}: ${findings.map(({ rule, what }) => `(${rule}) ${what}`).join('; ')}`);
    console.log(`  again, made smaller, step by step: npm run simulate -- --seed ${seed}${where}`);
  }
  const missing = neverHappened(tally, [
    ...(seeds >= seedsForEverything ? necessaryEvents : []),
    ...(seeds >= seedsForSeldom ? seldomEvents : []),
  ]);
  const width = Math.max(...necessaryEvents.map((event) => event.length));
  for (const event of Object.keys(tally.events).sort()) {
    console.log(`${event.padEnd(width)} ${String(tally.events[event]).padStart(9)}`);
  }
  for (const fate of Object.keys(tally.fates).sort()) {
    console.log(`${`records: ${fate}`.padEnd(width)} ${String(tally.fates[fate]).padStart(9)}`);
  }
  for (const event of missing) console.log(`${event.padEnd(width)}         0: it never happened`);
  const seconds = Math.round((Date.now() - startedMs) / 1_000);
  const size = `${tally.seeds} seeds, ${tally.records} records, ${tally.requests} requests, ${seconds} s`;
  process.exitCode = tally.failures.length === 0 && missing.length === 0 && tally.seeds === seeds ? 0 : 1;
  console.log(
    tally.failures.length > 0
      ? `${size}: ${tally.failures.length} seeds with findings`
      : `${size}: no finding${missing.length > 0 ? `, but not everything was tried` : ''}`,
  );
}

/** With fewer seeds than these it is chance whether the seldom things happen. */
const seedsForEverything = 300;
/** Ten sets of 400. */
const seedsForSeldom = 4_000;

interface Share {
  readonly first: number;
  readonly step: number;
  readonly last: number;
  /** Where Postgres is, if it is to be used. */
  readonly url: string | null;
}

/** One process of several; each takes every so-manieth seed. */
async function runShare(share: Share, onPart: (tally: Tally) => void): Promise<void> {
  const child = fork(import.meta.filename, [], { env: { ...process.env, SIMULATION_SHARE: JSON.stringify(share) } });
  child.on('message', (part) => onPart(part as Tally));
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`A process of the simulation ended with status ${code}.`);
}

async function proveShare({ first, step, last, url }: Share): Promise<void> {
  const environments = url === null ? null : await PostgresEnvironments.open(url);
  for (let seed = first; seed <= last; seed += step) {
    const part = newTally();
    const plan = planOf(seed, { short: environments !== null });
    addVerdict(part, seed, environments ? await proveInPostgres(plan, environments) : await proveInMemory(plan));
    process.send?.(part);
  }
  await environments?.close();
}

/** Proves one plan; where something is wrong, makes it smaller and follows it step by step. */
async function proveOne(plan: Plan, inPostgres: boolean): Promise<void> {
  const server = inPostgres ? await startServer() : null;
  const environments = server ? await PostgresEnvironments.open(server.url) : null;
  const { findings } = await (environments ? proveInPostgres(plan, environments) : proveInMemory(plan));
  for (const { rule, what } of findings.slice(0, 20)) console.log(`(${rule}) ${what}`);
  if ((await findingsOf(plan, environments)).length > 0) await tell(plan, environments);
  else if ((await findingsOf(otherOf(plan), null)).length > 0) await tell(otherOf(plan), null);
  await environments?.close();
  await server?.stop();
  process.exitCode = findings.length === 0 ? 0 : 1;
  console.log(`seed ${plan.seed}: ${findings.length === 0 ? 'no finding' : `${findings.length} findings`}`);
}

async function findingsOf(plan: Plan, environments: PostgresEnvironments | null): Promise<readonly Finding[]> {
  return (await proveAlone(plan, environments)).watch.findings;
}

async function tell(plan: Plan, environments: PostgresEnvironments | null): Promise<void> {
  const small = await shrink(plan, (each) => findingsOf(each, environments));
  const file = join(mkdtempSync(join(tmpdir(), 'bitmart-sync-plan-')), `seed-${plan.seed}.json`);
  writeFileSync(file, JSON.stringify(small.plan));
  console.log(`\nMade smaller in ${small.runs} runs:`);
  for (const line of describePlan(small.plan)) console.log(`  ${line}`);
  console.log('\nWhat happens (in memory):');
  await followInMemory(small.plan, (line) => console.log(`  ${line}`));
  for (const { rule, what } of small.findings) console.log(`(${rule}) ${what}`);
  console.log(`the smaller one again: npm run simulate -- --plan ${file}${environments ? ' --postgres' : ''}`);
}

function startServer() {
  return startPostgres({ directory: mkdtempSync(join(tmpdir(), 'bitmart-sync-simulation-')), temporary: true });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`expected a number of seeds, got "${text}".`);
  return value;
}

const share = process.env.SIMULATION_SHARE;
if (import.meta.main) await (share === undefined ? main() : proveShare(JSON.parse(share) as Share));
