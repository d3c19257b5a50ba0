import type { WorkflowHandle } from '@temporalio/client';
import { scheduleIdOf } from '../../../src/worker/fleet-schedules.ts';
import type { System } from '../../support/system.ts';
import { hasEnded, linkNew, type Scene, type Stage, steadily, until } from '../scene.ts';

/** What happens to no single account: the Schedules, and a version of the worker that takes over. */
export const scenesOfFleets: readonly Scene[] = [
  { histories: ['reconcile', 'retention-audit'], play: schedules },
  { histories: ['new-version'], options: steadily, play: newVersion },
];

async function schedules({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'schedules', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  await save('reconcile', await run(system, 'reconcile'));
  await save('retention-audit', await run(system, 'retention-audit'));
}

async function run(system: System, kind: 'reconcile' | 'retention-audit'): Promise<WorkflowHandle> {
  const { schedule, workflow } = await system.temporal();
  const scheduled = schedule.getHandle(scheduleIdOf(kind, system.env.TASK_QUEUE as string));
  await scheduled.trigger();
  const started = async () => (await scheduled.describe()).info.recentActions.at(-1)?.action.workflow;
  await until(async () => (await started()) !== undefined);
  const { workflowId = '', firstExecutionRunId } = (await started()) ?? {};
  const handle = workflow.getHandle(workflowId, firstExecutionRunId);
  await until(() => hasEnded(handle));
  return handle;
}

/** A run that is bound to its version, and makes room for one on the next. */
async function newVersion({ system, save }: Stage): Promise<void> {
  await startVersion(system, 'one');
  const { owner, accountId } = await linkNew(system, 'new-version', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const bound = await (await system.workflow(accountId)).describe();
  await startVersion(system, 'two');
  const { workflow } = await system.temporal();
  const first = workflow.getHandle(bound.workflowId, bound.runId);
  await until(async () => {
    await owner.sync(accountId, { wait: false });
    return hasEnded(first);
  });
  await save('new-version', first);
}

/** As `temporal worker deployment set-current-version` does; a version is known once its worker has asked for work. */
async function startVersion(system: System, buildId: string): Promise<void> {
  const deploymentName = system.env.TASK_QUEUE as string;
  await system.startWorker({ TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId });
  const { workflowService } = await system.temporal();
  const request = { namespace: 'default', deploymentName, buildId, identity: 'recorded' };
  await until(() =>
    workflowService.setWorkerDeploymentCurrentVersion(request).then(
      () => true,
      () => false,
    ),
  );
}
