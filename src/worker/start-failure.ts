import { ConfigurationError } from '../config.ts';
import { databaseTrouble, SchemaBehind } from '../database/index.ts';
import { TemporalUnusable } from './temporal-connection.ts';

/** Why the worker did not start, in words an operator can act on. */
export function explain(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof TemporalUnusable) return error.message;
  if (error instanceof SchemaBehind) return `${error.message} (or start the worker with \`npm start -- --migrate\`)`;
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (code === 'EADDRINUSE' || code === 'EACCES' || /address.*in use/i.test(String(error))) {
    return 'HEALTH_ADDRESS or METRICS_ADDRESS names an address that can not be listened at (in use, or not allowed). Choose another, or leave it out.';
  }
  const trouble = databaseTrouble(error);
  if (trouble !== null)
    return `Postgres can't be used (${(error as Error).message || trouble.code}). ${trouble.remedy}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
