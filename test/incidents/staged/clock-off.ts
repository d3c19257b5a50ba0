import type { Incident } from '../incident.ts';

/** Our clock is two minutes behind the exchange's. */
export const clockOff: Incident = {
  name: 'clock off',
  condensed: 'the exchange’s clock is moved instead of this machine’s: only the difference counts',
  runbook: 'BitmartSyncClockOff',
  prepare: async () => ({
    async stage(scene) {
      const { exchange } = scene.system.sandbox;
      await scene.startWorker();
      await scene.linkAndRead();
      exchange.setSwitches({ clockOffsetMs: 120_000 });
      return {
        signs: [scene.doctorFails('clock'), scene.alert('BitmartSyncClockOff')],
        fix: (runbook) => runbook.act('let NTP keep its clock', () => exchange.setSwitches({ clockOffsetMs: 0 })),
      };
    },
  }),
};
