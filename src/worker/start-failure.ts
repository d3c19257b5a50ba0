import { ConfigurationError } from '../config.ts';
import { SchemaBehind } from '../database/index.ts';
import { isDatabaseAway } from './activity-failures.ts';
import { TemporalUnusable } from './temporal-connection.ts';

/** Why the worker did not start, in words an operator can act on. */
export function explain(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof TemporalUnusable) return error.message;
  if (error instanceof SchemaBehind) return `${error.message} (or start the worker with \`npm start -- --migrate\`)`;
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (isDatabaseAway(error)) {
    return `Postgres can't be used (${error instanceof Error ? error.message || code : code}). Start it (\`npm run stack\`), or correct DATABASE_URL.`;
  }
  if (code === 'EADDRINUSE' || code === 'EACCES' || /address.*in use/i.test(String(error))) {
    return 'HEALTH_ADDRESS or METRICS_ADDRESS names an address that can not be listened at (in use, or not allowed). Choose another, or leave it out.';
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
