import type { Incident } from '../incident.ts';

/** An operator terminates an account's workflow in the Temporal UI. */
export const workflowTerminated: Incident = {
  name: 'workflow terminated by mistake',
  runbook: 'A workflow was terminated, or Temporal lost its data',
  prepare: async () => ({
    async stage(scene) {
      await scene.startWorker();
      await scene.linkAndRead();
      await (await scene.system.workflow(scene.accountId)).terminate('by mistake');
      scene.trade(5);
      return {
        signs: [scene.explains('no-workflow')],
        fix: (runbook) => runbook.run('sync ID'),
      };
    },
  }),
};
