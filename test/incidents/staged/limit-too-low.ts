import { SigningClient } from '../../sandbox/signing-client.ts';
import type { Incident } from '../incident.ts';

const botEveryMs = 200;

/** The user's own bot asks with the same key, so that what it leaves of BitMart's limit is less than we use. */
export const limitTooLow: Incident = {
  name: 'limit too low',
  runbook: 'BitmartSyncRateLimited',
  prepare: async () => ({
    system: { switches: { limits: 'sliding' }, workerEnv: { BITMART_LIMITS: 'published', RATE_SHARE: '0.9' } },
    async stage(scene) {
      await scene.startWorker();
      await scene.resetRates();
      await scene.link({ spotTrades: 2_000 });
      const bot = new SigningClient(scene.system.sandbox.url, scene.credentials);
      const asking = setInterval(() => void bot.spotTrades({ limit: 1 }).catch(() => undefined), botEveryMs);
      return {
        signs: [scene.alert('BitmartSyncRateLimited')],
        fix: (runbook) =>
          runbook.act('lower `RATE_SHARE`', async () => {
            await scene.worker?.stop();
            await scene.startWorker({ RATE_SHARE: '0.1' });
          }),
        close: () => clearInterval(asking),
      };
    },
  }),
};
