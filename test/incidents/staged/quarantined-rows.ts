import type { Incident } from '../incident.ts';

/** BitMart serves a row with an amount that this version can't read. */
export const quarantinedRows: Incident = {
  name: 'quarantined rows',
  condensed: 'the exchange serves the row readably from then on, as an upgrade that understands it would see it',
  runbook: 'BitmartSyncRowsQuarantined',
  prepare: async () => ({
    async stage(scene) {
      const { exchange } = scene.system.sandbox;
      exchange.inject({ fault: 'malformed-row', malformation: 'unreadable-amount', endpoint: '/spot/v4/query/trades' });
      await scene.startWorker();
      await scene.linkAndRead();
      return {
        signs: [scene.explains('quarantined'), scene.alert('BitmartSyncRowsQuarantined')],
        async fix(runbook) {
          exchange.clearFaults();
          await runbook.runWhatExplainSays('quarantined');
        },
      };
    },
  }),
};
