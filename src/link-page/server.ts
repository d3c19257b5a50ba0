import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Client } from '../client/index.ts';
import type { LinkPageConfig } from './configuration.ts';
import { LinkPageMetrics } from './metrics.ts';
import { type LinkPageLog, linkPageRoutes } from './routes.ts';

export { linkPageConfig, WrongLinkPageConfiguration } from './configuration.ts';

export interface LinkPage {
  readonly address: string;
  readonly publicUrl: string;
  /** Ends open pages, waits for checks that are being submitted, and stops. */
  close(): Promise<void>;
}

/** An abandoned session is reported soon after its time is over. */
const expireEveryMs = 5_000;
/** Long enough for a response in progress; a check continues in the worker, which ends the session. */
const stopWithinMs = 5_000;

/** Hosts the connection page. It has a client's rights: database, Temporal and the public key; it can open no key. */
export async function startLinkPage(options: {
  readonly client: Client;
  readonly config: LinkPageConfig;
  readonly log: LinkPageLog;
}): Promise<LinkPage> {
  const { client, config, log } = options;
  client.linkSessions.requirePublicKey();
  const metrics = new LinkPageMetrics();
  const stop = new AbortController();
  const routes = linkPageRoutes({ client, config, metrics, log, stopping: stop.signal });
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const starting = serve({ fetch: routes.fetch, hostname: config.host, port: config.port }, () => resolve(starting));
    starting.once('error', reject);
  });
  // The first user waits for no connection to Postgres and Temporal; `/readyz` says where one fails.
  void client.linkSessions.readiness();
  const metricsServer = config.metrics === null ? null : await serveMetrics(config.metrics, metrics);
  let expiring: Promise<void> | null = null;
  const timer = setInterval(() => {
    expiring ??= client.linkSessions
      .tidy()
      .then((ended) => metrics.count('expired', ended))
      .catch((error: unknown) => log('error', 'sessions could not be ended', { reason: (error as Error).message }))
      .finally(() => {
        expiring = null;
      });
  }, expireEveryMs);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: `${address}:${port}`,
    publicUrl: config.publicUrl.origin,
    async close() {
      clearInterval(timer);
      stop.abort();
      await expiring;
      metricsServer?.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const giveUp = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), stopWithinMs);
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      await closed;
      clearTimeout(giveUp);
    },
  };
}

async function serveMetrics(at: { readonly host: string; readonly port: number }, metrics: LinkPageMetrics) {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(metrics.text());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  return server;
}
