import type { Timetable } from '../../history/timetable.ts';
import type { WebhookEnvironment } from '../../webhook/webhook-configuration.ts';
import type { ClientOptions } from '../client.ts';
import type { CheckResult } from './check.ts';
import { databaseChecks } from './database-checks.ts';
import { exchangeChecks } from './exchange-checks.ts';
import { keyChecks } from './key-checks.ts';
import { temporalChecks } from './temporal-checks.ts';
import { webhookChecks } from './webhook-checks.ts';

/** What a diagnosis looks at. */
export interface Surroundings {
  readonly client: Required<
    Pick<ClientOptions, 'databaseUrl' | 'databaseSchema' | 'temporal' | 'taskQueue' | 'linkUrl'>
  >;
  readonly publicKey: string | null;
  /** File of the private ring, where this is also the worker's environment. */
  readonly keyFile: string | null;
  readonly timetable?: Timetable | null;
  readonly exchangeHosts: { readonly spot: string; readonly futures: string };
  readonly webhook: WebhookEnvironment;
}

/** Looks at everything that a sync needs. What can't be looked at because something before it failed is said to be so. */
export async function diagnose(surroundings: Surroundings): Promise<readonly CheckResult[]> {
  const { client, exchangeHosts } = surroundings;
  const groups = await Promise.all([
    keyChecks(surroundings),
    databaseChecks(client.databaseUrl, client.databaseSchema),
    temporalChecks(client.temporal, client.taskQueue),
    exchangeChecks(exchangeHosts),
    webhookChecks(surroundings),
  ]);
  return groups.flat();
}
