import type { MetricMeter } from '@temporalio/common';
import { type DatabaseCondition, databaseConditions } from '../../database/index.ts';

/** What Postgres could not do for this process, by the reason. */
export function createDatabaseMetrics(meter: MetricMeter) {
  const troubles = meter.createCounter(
    'bitmart_sync_database_troubles_total',
    '',
    'Times that Postgres could not do what it was asked, by what kept it',
  );
  // An increase is seen only of what was shown before.
  for (const condition of databaseConditions) troubles.add(0, { condition });
  return {
    onTrouble: (condition: DatabaseCondition): void => troubles.add(1, { condition }),
  };
}
