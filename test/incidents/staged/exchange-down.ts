import type { Incident } from '../incident.ts';

const dayMs = 86_400_000;
let aheadMs = 0;

/** BitMart does not answer for a day, while its users keep trading. */
export const exchangeDown: Incident = {
  name: 'exchange down for a day',
  condensed: 'the exchange’s clock goes a day ahead while it answers 503',
  runbook: 'exchange-unreachable',
  prepare: async () => ({
    system: { now: () => Date.now() + aheadMs },
    async stage(scene) {
      aheadMs = 0;
      const { exchange } = scene.system.sandbox;
      await scene.startWorker();
      await scene.linkAndRead();
      await scene.resetRates();
      const outage = exchange.inject({ fault: 'server-error' });
      return {
        signs: [
          scene.explains('exchange-unreachable'),
          scene.alert('BitmartSyncExchangeUnreachable'),
          scene.doctorFails('exchange (spot)'),
        ],
        async fix(runbook) {
          await runbook.act('no action is needed', () => {
            aheadMs = dayMs;
            scene.trade(400, 0.99);
            exchange.clearFaults(outage);
          });
          await runbook.run('pause ID');
          await runbook.run('resume ID');
        },
      };
    },
  }),
};
