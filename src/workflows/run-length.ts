import { workflowInfo } from '@temporalio/workflow';
import { countsOnlySyncs } from './versions.ts';

/** A stream group that takes longer than this pauses, so that the others, which are done, are read again. */
const longestReadingMs = 3_600_000;
const syncsPerRun = 12;
/** A run of an account that is not read ends after a week. */
const waitsPerRun = 28;
/** Histories stay short, because a cold wake-up replays them. */
const eventsPerRun = 500;

interface StepsOfRun {
  readonly syncs: number;
  /** Key checks included. */
  readonly waits: number;
}

/** Whether the next run should take over: this one is long, or a new version of this code is there. */
export function runIsOver(steps: StepsOfRun): boolean {
  const { historyLength, continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
  if (continueAsNewSuggested || targetWorkerDeploymentVersionChanged === true) return true;
  const allSteps = { syncs: steps.syncs + steps.waits, waits: 0 };
  return runIsLong(steps, historyLength) || (runIsLong(allSteps, historyLength) && !countsOnlySyncs());
}

export function runIsLong({ syncs, waits }: StepsOfRun, events: number): boolean {
  return syncs >= syncsPerRun || waits >= waitsPerRun || events >= eventsPerRun;
}

/** Whether reading should pause between two chunks, so that stream groups which are done are read again or a new run begins. */
export function readingIsLong(startedMs: number, nowMs: number, events: number): boolean {
  return nowMs - startedMs >= longestReadingMs || events >= eventsPerRun;
}
