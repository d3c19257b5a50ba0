import { parseArgs } from 'node:util';
import { forgetInstallation } from '../../dev/demo/environment.ts';
import { Interrupted, interruption } from '../../dev/interruption.ts';
import { runChaos } from './chaos.ts';
import { planOf } from './plan.ts';
import { findPlanted, plantedDefects } from './planted.ts';

/**
 * `npm run chaos -- --seed N [--minutes M] [--settle SECONDS] [--logs FOLDER]`: the whole stack under faults, compared with the truth. The last
 * line is the verdict; exit status 1 when anything was found. The same seed gives the same plan.
 * `npm run chaos -- --planted [NAME…]` plants known defects and fails unless each is found.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1' },
      settle: { type: 'string' },
      logs: { type: 'string' },
      planted: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  forgetInstallation(process.env);
  if (values.planted) {
    const names = positionals.length > 0 ? positionals : plantedDefects;
    return (await findPlanted(names, (line) => console.log(line))) ? 0 : 1;
  }
  const seed = Number(values.seed);
  const minutes = Number(values.minutes);
  if (!Number.isSafeInteger(seed) || !(minutes > 0)) {
    console.error('Say which seed, and for how many minutes: --seed 7 --minutes 2.');
    return 2;
  }
  const planned = planOf(seed, Math.round(minutes * 60_000));
  const plan = values.settle ? { ...planned, settleWithinMs: Number(values.settle) * 1_000 } : planned;
  const commands = plan.people.reduce((sum, person) => sum + person.commands.length, 0);
  console.log(
    `Seed ${seed}: ${plan.people.length} users, ${commands} commands and ${plan.faults.length} faults in ${Math.round(minutes * 60)} s`,
  );
  const stop = new AbortController();
  const interrupted = interruption();
  interrupted.catch(() => {
    // Commands under way meet connections that are closed, and Temporal's client throws some of that out of a timer.
    process.on('uncaughtException', () => {});
    stop.abort();
  });
  try {
    const result = await runChaos(plan, {
      say: (line) => console.log(line),
      logFolder: values.logs ?? null,
      signal: stop.signal,
    });
    for (const finding of result.findings) console.log(`finding: ${finding}`);
    const { findings, records, requests, settledAfterMs } = result;
    const size = `seed ${seed}, ${Math.round(minutes * 60)} s: ${records} records, ${requests} requests, settled after ${Math.round(settledAfterMs / 1_000)} s`;
    console.log(`${size}: ${findings.length === 0 ? 'no finding' : `${findings.length} findings`}`);
    return findings.length === 0 ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return await interrupted.catch((reason: unknown) => (reason instanceof Interrupted ? reason.exitStatus : 1));
  }
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    console.log('the run itself failed: no verdict');
    process.exit(1);
  },
);
