import { createServer } from 'node:http';
import type { Database } from '../database/index.ts';
import { requireCurrentSchema } from '../database/index.ts';
import type { DatabaseHealth } from './database-health.ts';
import { AddressUnusable, explain, reasonOf } from './start-failure.ts';
import type { TemporalConnection } from './temporal-connection.ts';

/** Postgres and Temporal answer within milliseconds; one that takes longer than this counts as unreachable. */
const answerWithinMs = 3_000;

interface HealthParts {
  readonly database: Database;
  readonly temporal: TemporalConnection;
  /** What recently kept Postgres from working. */
  readonly troubles: Pick<DatabaseHealth, 'reason'>;
  /** Whether the worker polls Temporal for work: not while it starts, and not while it stops. */
  takesWork(): boolean;
}

/** `/healthz`: the process is alive. `/readyz`: it accepts work, and database, schema and Temporal can be used; names what can't. */
export async function serveHealth(
  address: string | null,
  parts: HealthParts,
): Promise<{ close(): Promise<void> } | null> {
  if (address === null) return null;
  const at = address.lastIndexOf(':');
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return void response.end('alive\n');
    if (path !== '/readyz') return void response.writeHead(404).end('try /healthz or /readyz\n');
    const lines = await readiness(parts);
    response.writeHead(lines.every((line) => line.reason === null) ? 200 : 503);
    response.end(lines.map((line) => `${line.part}: ${line.reason ?? 'ready'}\n`).join(''));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new AddressUnusable('HEALTH_ADDRESS', address, error)));
    server.listen(Number(address.slice(at + 1)), address.slice(0, at) || '0.0.0.0', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // A probe that keeps its connection open would delay the shutdown.
        server.closeAllConnections();
      }),
  };
}

interface Readiness {
  readonly part: string;
  /** Why it can't be used and what to do, on one line; null if it can. */
  readonly reason: string | null;
}

function readiness({ database, temporal, troubles, takesWork }: HealthParts): Promise<readonly Readiness[]> {
  const { client, namespace, address } = temporal;
  return Promise.all([
    { part: 'worker', reason: takesWork() ? null : 'takes no work: it is starting or stopping' },
    look(
      'database and schema',
      () => usableDatabase(database, troubles),
      // A current answer says more than an earlier condition; without an answer the reason is already known.
      (error) => (error instanceof NotReady ? (troubles.reason ?? error.message) : explain(error)),
    ),
    look(
      'temporal',
      () =>
        client.connection.withDeadline(Date.now() + answerWithinMs, () =>
          client.workflowService.describeNamespace({ namespace }),
        ),
      (error) =>
        `${address}, namespace ${namespace}, can't be used (${reasonOf(error)}). Start it, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.`,
    ),
  ]);
}

/** An answer does not show that Postgres has space; storing pages does. */
async function usableDatabase(database: Database, troubles: HealthParts['troubles']): Promise<void> {
  await requireCurrentSchema(database);
  if (troubles.reason !== null) throw new NotReady(troubles.reason);
}

class NotReady extends Error {}

async function look(part: string, act: () => Promise<unknown>, words: (error: unknown) => string): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotReady(`no answer within ${answerWithinMs / 1_000} s`)), answerWithinMs);
  });
  try {
    await Promise.race([act(), timeout]);
    return { part, reason: null };
  } catch (error) {
    return { part, reason: words(error).split('\n', 1)[0] as string };
  } finally {
    clearTimeout(timer);
  }
}
