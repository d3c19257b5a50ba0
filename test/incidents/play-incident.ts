import { setTimeout as sleep } from 'node:timers/promises';
import type { Incident } from './incident.ts';
import { Runbook } from './runbook.ts';
import { Scene } from './scene.ts';
import type { Sign } from './sign.ts';

/** What became of an incident. */
export interface Outcome {
  readonly name: string;
  readonly condensed: string | null;
  readonly shownBy: readonly string[];
  readonly fixedBy: string;
  readonly shownAfterSeconds: number;
  readonly mendedAfterSeconds: number;
  /** Null when it was shown and fixed. */
  readonly failure: string | null;
}

// The fleet's figures are read once a minute.
const shownWithinMs = 150_000;
const fixedWithinMs = 150_000;
const lookEveryMs = 500;

/** Stages an incident, waits until it shows itself, does what its runbook entry says, and waits until all is well. */
export async function playIncident(incident: Incident): Promise<Outcome> {
  let shownBy: readonly string[] = [];
  let fixedBy = '';
  let shownAfterSeconds = 0;
  let mendedAfterSeconds = 0;
  const outcome = (failure: string | null): Outcome => ({
    name: incident.name,
    condensed: incident.condensed ?? null,
    shownBy,
    fixedBy,
    shownAfterSeconds,
    mendedAfterSeconds,
    failure,
  });
  const closers = new AsyncDisposableStack();
  try {
    const prepared = await incident.prepare();
    closers.defer(async () => prepared.close?.());
    const scene = await Scene.open(prepared.system);
    closers.defer(() => scene.close());
    const runbook = new Runbook(incident.runbook, scene);
    const staged = await prepared.stage(scene);
    closers.defer(() => staged.close?.());
    const { signs } = staged;
    const stagedMs = Date.now();
    await until(async () => unseen(signs), shownWithinMs, 'It is not shown by');
    shownBy = signs.map(({ name }) => name);
    shownAfterSeconds = secondsSince(stagedMs);

    const mendingMs = Date.now();
    await staged.fix(runbook);
    fixedBy = `${runbook.heading}: ${runbook.done.join('; ')}`;
    await scene.resetRates();
    const whatIsLeft = async () => (await scene.whatIsWrong()) ?? (await seen(signs));
    await until(whatIsLeft, fixedWithinMs, 'It is not fixed:');
    mendedAfterSeconds = secondsSince(mendingMs);
    return outcome(null);
  } catch (error) {
    return outcome(error instanceof Error ? error.message : String(error));
  } finally {
    await closers.disposeAsync();
  }
}

/** Looks again and again until nothing is left; what was left last is the failure. */
async function until(look: () => Promise<string | null>, withinMs: number, failure: string): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const left = await look().catch((error: unknown) => String(error));
    if (left === null) return;
    if (Date.now() > deadlineMs) throw new Error(`${failure} ${left}`);
    await sleep(lookEveryMs);
  }
}

async function unseen(signs: readonly Sign[]): Promise<string | null> {
  for (const sign of signs) if (!(await sign.isSeen())) return sign.name;
  return null;
}

async function seen(signs: readonly Sign[]): Promise<string | null> {
  for (const sign of signs) if (await sign.isSeen()) return `${sign.name} still shows it`;
  return null;
}

function secondsSince(startedMs: number): number {
  return Math.round((Date.now() - startedMs) / 100) / 10;
}
