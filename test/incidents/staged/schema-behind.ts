import { type Migration, Migrator } from 'kysely/migration';
import { connectDatabase } from '../../../src/database/index.ts';
import { migrations } from '../../../src/database/migrations/index.ts';
import type { Incident } from '../incident.ts';

/** The last migration of 0.1.0. */
const lastOfBefore = '0004-pace';

/** An operator upgrades the workers and forgets to migrate. */
export const schemaBehind: Incident = {
  name: 'schema behind',
  runbook: 'The worker does not start',
  prepare: async () => ({
    async stage(scene) {
      await migrateAsBefore(scene.system.env.DATABASE_URL as string);
      const started = await scene.startWorker().catch((error: Error) => error.message);
      if (!started?.includes('is older')) throw new Error(`The worker does not refuse an older schema: ${started}`);
      return {
        signs: [scene.doctorFails('schema')],
        async fix(runbook) {
          await runbook.run('migrate');
          await scene.startWorker();
          await scene.linkAndRead();
        },
      };
    },
  }),
};

async function migrateAsBefore(url: string): Promise<void> {
  const database = connectDatabase({ url });
  const { schema } = database;
  try {
    await database.pool.query(`drop schema ${schema} cascade; create schema ${schema}`);
    const migrator = new Migrator({
      db: database.kysely,
      provider: { getMigrations: async () => ({ ...migrations }) as Record<string, Migration> },
      migrationTableSchema: schema,
    });
    const { error } = await migrator.migrateTo(lastOfBefore);
    if (error) throw error;
  } finally {
    await database.close();
  }
}
