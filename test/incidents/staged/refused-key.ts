import type { Incident } from '../incident.ts';

/** BitMart freezes a key that has worked. */
export const refusedKey: Incident = {
  name: 'refused key',
  runbook: 'key-frozen',
  prepare: async () => ({
    async stage(scene) {
      await scene.startWorker();
      await scene.linkAndRead();
      scene.system.sandbox.exchange.changeKey(scene.credentials.apiKey, { status: 'frozen' });
      scene.trade(5);
      return {
        signs: [scene.explains('key-frozen'), scene.alert('BitmartSyncKeysRefused')],
        fix: (runbook) => runbook.run('rotate ID', scene.newKey()),
      };
    },
  }),
};
