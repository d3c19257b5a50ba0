import { expect } from 'vitest';
import type { System } from '../support/system.ts';

/** Runs a Schedule now, as its period would, and answers with the report that the run stored. */
export async function runSchedule(system: System, kind: 'reconcile' | 'retention-audit'): Promise<unknown> {
  const reports = async () =>
    (
      await system.database.query<{ report: unknown }>(
        'select report from fleet_report where kind = $1 order by finished_at desc',
        [kind],
      )
    ).rows;
  const before = (await reports()).length;
  const { schedule } = await system.temporal();
  const handle = schedule.getHandle(`${system.env.TASK_QUEUE}/${kind}`);
  // A run that has stored its report goes on for a moment, and another one would be skipped.
  await expect.poll(async () => (await handle.describe()).info.runningActions).toEqual([]);
  await handle.trigger();
  await expect.poll(async () => (await reports()).length, { interval: 250 }).toBeGreaterThan(before);
  return (await reports())[0]?.report;
}

/** The newest run of a Schedule: its result, and what its page in the Temporal UI says. */
export async function newestRun(system: System, kind: 'reconcile' | 'retention-audit') {
  const { schedule, workflow } = await system.temporal();
  const { info } = await schedule.getHandle(`${system.env.TASK_QUEUE}/${kind}`).describe();
  const action = info.recentActions.at(-1)?.action.workflow;
  if (action === undefined) throw new Error(`${kind} has not run yet.`);
  const handle = workflow.getHandle(action.workflowId, action.firstExecutionRunId);
  const result = await handle.result();
  const metadata = (await handle.query('__temporal_workflow_metadata')) as { currentDetails?: string };
  return { result, details: metadata.currentDetails ?? '', summary: await (await handle.describe()).staticSummary() };
}
