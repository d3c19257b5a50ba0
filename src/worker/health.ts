import { createServer } from 'node:http';
import type { Database } from '../database/index.ts';
import { requireCurrentSchema } from '../database/index.ts';
import type { TemporalConnection } from './temporal-connection.ts';

const answerWithinMs = 3_000;

/** `/healthz`: the process is alive. `/readyz`: database, schema and Temporal can be used; says which can not. */
export async function serveHealth(
  address: string | null,
  parts: { readonly database: Database; readonly temporal: TemporalConnection },
): Promise<{ close(): Promise<void> } | null> {
  if (address === null) return null;
  const at = address.lastIndexOf(':');
  const server = createServer(async (request, response) => {
    if (request.url === '/healthz') return void response.end('alive\n');
    if (request.url !== '/readyz') return void response.writeHead(404).end('try /healthz or /readyz\n');
    const lines = await readiness(parts);
    response.writeHead(lines.every((line) => line.ready) ? 200 : 503, { 'content-type': 'text/plain' });
    response.end(`${lines.map((line) => `${line.part}: ${line.ready ? 'ready' : line.reason}`).join('\n')}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(at + 1)), address.slice(0, at) || '0.0.0.0', resolve);
  });
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

interface Readiness {
  readonly part: string;
  readonly ready: boolean;
  readonly reason: string;
}

async function readiness({ database, temporal }: { database: Database; temporal: TemporalConnection }) {
  const { client, namespace } = temporal;
  return Promise.all([
    look('database and schema', () => requireCurrentSchema(database)),
    look('temporal', () =>
      client.connection.withDeadline(Date.now() + answerWithinMs, () =>
        client.workflowService.describeNamespace({ namespace }),
      ),
    ),
  ]);
}

async function look(part: string, act: () => Promise<unknown>): Promise<Readiness> {
  const timeout = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), answerWithinMs).unref();
  });
  try {
    await Promise.race([act(), timeout]);
    return { part, ready: true, reason: '' };
  } catch (error) {
    return { part, ready: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
