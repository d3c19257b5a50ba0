import { gapsOf } from '../../src/history/gaps.ts';
import { findings, type StoredHistory } from './checker.ts';
import { accountId, type Life, type LifeOptions, live, type Mutant } from './life.ts';
import { MemoryStore } from './memory-store.ts';

export interface Verdict {
  readonly seed: number;
  readonly life: Life;
  readonly findings: readonly string[];
}

/** One seed's life against the in-memory store, compared with the truth. */
export async function runSeed(seed: number, mutant?: Mutant): Promise<Verdict> {
  const store = new MemoryStore();
  const isStored: LifeOptions['isStored'] = (stream, record) =>
    store.part({ accountId, stream, part: record.part }).rows.has(record.id);
  const claimedToMs: LifeOptions['claimedToMs'] = (stream) =>
    Math.max(...stream.parts.map((part) => store.part({ accountId, stream, part }).state.covered.at(-1)?.to ?? 0));
  const life = await live(seed, { store, isStored, claimedToMs, ...(mutant && { mutant }) });
  const history = life.stream.parts.map((part): StoredHistory => {
    const { rows, quarantined, state } = store.part({ accountId, stream: life.stream, part });
    const gaps = gapsOf(state, life.stream, life.world.nowMs);
    return { part, rows: [...rows.values()], quarantined, covered: state.covered, gaps, state };
  });
  return { seed, life, findings: findings(life, history) };
}

async function main(): Promise<void> {
  const option = (name: string) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? null : Number(process.argv[at + 1]);
  };
  const only = option('--seed');
  const amount = option('--seeds') ?? 500;
  const seeds = only === null ? Array.from({ length: amount }, (_, i) => i + 1) : [only];
  const fired = new Map<string, number>();
  let failed = 0;
  let requests = 0;
  let records = 0;
  for (const seed of seeds) {
    const verdict = await runSeed(seed);
    requests += verdict.life.world.requests;
    records += verdict.life.world.records.length;
    for (const [name, times] of [...verdict.life.world.fired, ...verdict.life.events])
      fired.set(name, (fired.get(name) ?? 0) + times);
    if (verdict.findings.length > 0) {
      failed++;
      console.log(
        `seed ${seed}: ${verdict.findings.slice(0, 3).join('; ')} (again: npm run simulate -- --seed ${seed})`,
      );
    }
  }
  for (const [name, times] of [...fired].sort()) console.log(`${name}: ${times}`);
  console.log(
    `${seeds.length} seeds, ${records} records, ${requests} requests: ${failed === 0 ? 'no finding' : `${failed} with findings`}`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
