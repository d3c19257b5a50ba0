import type { TemporalOptions } from '../../client/temporal.ts';
import { type CheckResult, inTurn, wrong } from './check.ts';

/** Whether Temporal can be reached, has our search attributes, and a worker polls it. */
export async function temporalChecks(options: TemporalOptions, taskQueue: string): Promise<readonly CheckResult[]> {
  const { AccountWorkflows } = await import('../../client/temporal.ts');
  const workflows = new AccountWorkflows(options, taskQueue);
  try {
    return await inTurn([
      {
        name: 'temporal',
        look: async () => `${workflows.address}, server ${await workflows.serverVersion()}`,
      },
      {
        name: 'namespace',
        look: async () => {
          await workflows.assertReachable();
          return workflows.namespace;
        },
      },
      {
        name: 'search attributes',
        look: async () => {
          const missing = await workflows.missingSearchAttributes();
          if (missing.length === 0) return 'all registered';
          throw wrong(
            `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not registered in namespace ${workflows.namespace}.`,
            'Start a worker, which registers them; or register them yourself, if it may not.',
          );
        },
      },
      {
        name: 'worker',
        look: async () => {
          if (!(await workflows.isWorkerPolling())) throw await workflows.explainSilence();
          return `polls task queue ${taskQueue}`;
        },
      },
    ]);
  } finally {
    await workflows.close();
  }
}
