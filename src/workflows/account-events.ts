import { continueAsNew, proxyActivities, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/contract.ts';
import { webhookTaskQueueOf } from './messages.ts';

const eventsPerRun = 50;

// A receiver that is down keeps a run open for days. Bound to its version, the run would be stranded when that version's workers stop.
// Temporal refuses the behavior from a worker without a version, which has a build id and no deployment.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  accountEvents,
);

/**
 * Posts the events of one account to the platform's webhook, one after the other: the next one is sent when the previous one
 * was accepted. A receiver that is down is retried at growing intervals for as long as it takes; the order stays.
 */
export async function accountEvents({ accountId }: { readonly accountId: string }): Promise<void> {
  const { deliverEvent } = proxyActivities<WebhookActivities>({
    taskQueue: webhookTaskQueueOf(workflowInfo().taskQueue),
    summary: 'tell the platform',
    // A little longer than one post may take.
    startToCloseTimeout: '20s',
    retry: { initialInterval: '1s', maximumInterval: '15m' },
  });
  for (let posted = 0; posted < eventsPerRun; posted++) {
    const { more } = await deliverEvent({ accountId });
    if (!more) return;
  }
  await continueAsNew<typeof accountEvents>({ accountId });
}
