/** `npm run bench`: every part, or the one that `--only NAME` names; a table on stderr, with `--json` a document on stdout. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { forgetInstallation } from '../dev/demo/environment.ts';
import { startStack } from '../dev/stack.ts';
import { describeMachine } from './machine.ts';
import { measureActions } from './parts/actions.ts';
import { measureBackfill } from './parts/backfill.ts';
import { measureErase } from './parts/erase.ts';
import { measureDistantFleet, measureFleet } from './parts/fleet.ts';
import { measureIdle } from './parts/idle.ts';
import { measureIsolation } from './parts/isolation.ts';
import { measureLinks } from './parts/links.ts';
import { measureMerge } from './parts/merge.ts';
import { measureNetwork } from './parts/network.ts';
import { measurePeer } from './parts/peer.ts';
import { measureWorkers } from './parts/workers.ts';
import { measureWorkflow } from './parts/workflow.ts';
import { median, type PartReport, table } from './report.ts';
import { Surroundings } from './surroundings.ts';

const parts: Readonly<Record<string, (surroundings: Surroundings) => Promise<PartReport>>> = {
  backfill: measureBackfill,
  network: measureNetwork,
  peer: measurePeer,
  merge: measureMerge,
  idle: measureIdle,
  actions: measureActions,
  links: measureLinks,
  workflow: measureWorkflow,
  workers: measureWorkers,
  fleet: measureFleet,
  'fleet-network': measureDistantFleet,
  isolation: measureIsolation,
  erase: measureErase,
};

/** The part that, run alone, uses the Temporal server that TEMPORAL_ADDRESS names: one made for it, with its own store. */
const temporalPart = 'fleet';
/** Measured with a Postgres that syncs its disk. */
const syncingParts: ReadonlySet<string> = new Set(['network', 'fleet-network']);

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: { only: { type: 'string', multiple: true }, json: { type: 'boolean', default: false } },
  });
  const wanted = options.only ?? Object.keys(parts);
  const unknown = wanted.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  const say = (line: string) => console.error(line);
  const machine = describeMachine();
  const startedAt = new Date().toISOString();
  const syncing = wanted.filter((name) => syncingParts.has(name));
  const others = wanted.filter((name) => !syncingParts.has(name));
  const reports = [
    ...(others.length > 0 ? await measure(others, say) : []),
    // As where a database has a disk of its own.
    ...(syncing.length > 0 ? await measure(syncing, say, { fsync: 'on', full_page_writes: 'on' }) : []),
  ];
  say(`\n${JSON.stringify(machine)}\n\n${table(reports)}`);
  if (options.json) {
    const document = { startedAt, command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(), machine };
    console.log(JSON.stringify({ ...document, parts: reports.map(withMedians) }, null, 2));
  }
}

async function measure(
  names: readonly string[],
  say: (line: string) => void,
  postgresSettings: Readonly<Record<string, string>> = {},
): Promise<readonly PartReport[]> {
  const { TEMPORAL_ADDRESS } = process.env;
  // Nothing of a real installation may be measured, or written to.
  forgetInstallation(process.env);
  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-bench-'));
  // If we are root, Postgres runs as another user and must be able to enter.
  chmodSync(folder, 0o711);
  const stack = await startStack({
    directory: join(folder, 'stack'),
    temporary: true,
    postgresSettings: { shared_preload_libraries: 'pg_stat_statements', ...postgresSettings },
    named: names.join() === temporalPart ? { TEMPORAL_ADDRESS } : {},
    say,
  });
  const surroundings = new Surroundings(stack, folder, say);
  try {
    const reports: PartReport[] = [];
    for (const name of names) {
      say(`${name} …`);
      reports.push(await (parts[name] as (typeof parts)[string])(surroundings));
      await surroundings.clear();
    }
    return reports;
  } finally {
    await surroundings.clear();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function withMedians(report: PartReport) {
  return { ...report, figures: report.figures.map((figure) => ({ ...figure, median: median(figure.values) })) };
}

await main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
