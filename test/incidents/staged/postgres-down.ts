import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../dev/free-port.ts';
import { startPostgres } from '../../../dev/postgres.ts';
import type { Incident } from '../incident.ts';

/** Postgres goes away under a running worker. */
export const postgresDown: Incident = {
  name: 'Postgres down',
  runbook: 'BitmartSyncDatabaseUnreachable',
  async prepare() {
    const directory = mkdtempSync(join(tmpdir(), 'bitmart-sync-incident-'));
    const port = await freePort();
    let running = await startPostgres({ directory, port });
    const close = async () => {
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    };
    return {
      system: { postgres: running },
      close,
      async stage(scene) {
        await scene.startWorker();
        await scene.linkAndRead();
        await running.stop();
        scene.trade(20);
        return {
          signs: [scene.doctorFails('database')],
          fix: (runbook) =>
            runbook.act('bring Postgres back', async () => {
              running = await startPostgres({ directory, port });
            }),
        };
      },
    };
  },
};
