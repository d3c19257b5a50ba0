import type { Incident } from '../incident.ts';

/** The only worker dies in the middle of a backfill. */
export const workerKilled: Incident = {
  name: 'worker killed',
  runbook: 'BitmartSyncWorkerDown',
  prepare: async () => ({
    system: { switches: { latencyMs: 40 } },
    async stage(scene) {
      await scene.startWorker();
      await scene.link({ spotTrades: 3_000 });
      await scene.worker?.kill();
      return {
        signs: [scene.alert('BitmartSyncWorkerDown')],
        fix: (runbook) => runbook.act('start it', () => scene.startWorker()),
      };
    },
  }),
};
