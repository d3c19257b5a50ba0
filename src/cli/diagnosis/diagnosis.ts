import type { Surroundings } from '../surroundings.ts';
import type { CheckResult } from './check.ts';
import { databaseChecks } from './database-checks.ts';
import { exchangeChecks } from './exchange-checks.ts';
import { keyChecks } from './key-checks.ts';
import { temporalChecks } from './temporal-checks.ts';
import { webhookChecks } from './webhook-checks.ts';

/** Checks everything that a sync needs. Checks that depend on a failed one are reported as skipped. */
export async function diagnose(surroundings: Surroundings): Promise<readonly CheckResult[]> {
  const { exchangeHosts, ring } = surroundings;
  const client = surroundings.client.reveal();
  const groups = await Promise.all([
    keyChecks({ publicKey: client.publicKey ?? null, ring }),
    databaseChecks(client.databaseUrl, client.databaseSchema),
    temporalChecks(client.temporal, client.taskQueue),
    exchangeChecks(exchangeHosts),
    webhookChecks(surroundings),
  ]);
  return groups.flat();
}
