import { expect } from 'vitest';
import type { System } from './system.ts';

/** The environment of a worker with a version; each system has a deployment of its own. */
export function versionEnv({ env }: System, buildId: string): Readonly<Record<string, string>> {
  return { TEMPORAL_DEPLOYMENT_NAME: env.TASK_QUEUE as string, TEMPORAL_WORKER_BUILD_ID: buildId };
}

/** As `temporal worker deployment set-current-version` does; a version is known once its worker has asked for work. */
export async function makeVersionCurrent(system: System, buildId: string): Promise<void> {
  const { workflowService } = await system.temporal();
  const deploymentName = system.env.TASK_QUEUE as string;
  const request = { namespace: 'default', deploymentName, buildId, identity: 'test' };
  await expect
    .poll(() => workflowService.setWorkerDeploymentCurrentVersion(request).then(() => 'set', String))
    .toBe('set');
  // The task queue hears of it a moment later.
  const queue = { namespace: 'default', taskQueue: { name: deploymentName }, taskQueueType: 1 };
  const current = async () => (await workflowService.describeTaskQueue(queue)).versioningInfo?.currentDeploymentVersion;
  await expect.poll(async () => (await current())?.buildId).toBe(buildId);
}
