/**
 * Records a history of each shape for the replay tests: `node test/replay/record.ts`. What is recorded already stays as it
 * is, forever: a history that no longer replays is a workflow that breaks in the field, never a reason to record anew.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startStack } from '../../dev/stack.ts';
import { previousSources } from '../support/previous-release.ts';
import { type System, startSystem } from '../support/system.ts';
import type { Scene } from './scene.ts';
import { scenes } from './scenes/index.ts';

const missing = scenes.filter(({ histories }) => histories.some((name) => !existsSync(fileOf(name))));
console.log(`${scenes.length - missing.length} of ${scenes.length} scenes are recorded already`);
if (missing.length > 0) await record();

async function record(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-record-'));
  const stack = await startStack({ directory: join(folder, 'stack'), temporary: true, say: console.log });
  process.env.TEST_DATABASE_URL = stack.env.DATABASE_URL;
  process.env.TEMPORAL_ADDRESS = stack.env.TEMPORAL_ADDRESS;
  const previous = previousSources(folder);
  try {
    for (const scene of missing) await play(scene, previous);
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play(scene: Scene, previous: string | null): Promise<void> {
  const system = await startSystem(scene.options?.());
  try {
    await scene.play({ system, previous, save: (name, run) => save(system, name, run) });
  } finally {
    await system.close();
  }
}

/** `run`: an account's id for the last run of its workflow, or any run. */
async function save(system: System, name: string, run: string | WorkflowHandle): Promise<void> {
  if (existsSync(fileOf(name))) return console.log(`${name}: is there already`);
  const handle = typeof run === 'string' ? await system.workflow(run) : run;
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events?: unknown[] };
  writeFileSync(fileOf(name), `${JSON.stringify(history, withoutPlace, 1)}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

function fileOf(name: string): URL {
  return new URL(`histories/${name}.json`, import.meta.url);
}

/** Where it was recorded is private, and plays no part in a replay. */
function withoutPlace(name: string, value: unknown): unknown {
  // A worker's own queue is named after its process and machine.
  const isOwnQueue = name === 'name' && /^\d+@/.test(String(value));
  if (name === 'identity' || isOwnQueue) return 'recorded';
  if (name === 'stackTrace') return '';
  return value;
}
