/** Variables of a real installation; none of them may reach the demo. */
const ours = /^(DATABASE_|TEMPORAL_|BITMART_(?!SYNC_)|CREDENTIALS_|EGRESS_|CHUNK_|METRICS_|HEALTH_|LOG_|LINK_)/;
const oursAlone = new Set([
  'TASK_QUEUE',
  'RATE_SHARE',
  'KEY_POLICY',
  'SYNC_INTERVAL',
  'REREAD_WINDOW',
  'SWEEP_INTERVAL',
  'SETTLE_LAG',
]);

/**
 * Makes the environment that the worker gets from us. Nothing else is passed on, because the demo must never write to the
 * database of a real installation.
 */
export function forgetInstallation(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (ours.test(name) || oursAlone.has(name)) delete env[name];
}

/** The worker's settings besides those of the stack: as for the real exchange, except that it syncs more often. */
export function workerSettings(exchangeUrl: string): Readonly<Record<string, string>> {
  return {
    TASK_QUEUE: 'bitmart-sync',
    BITMART_SPOT_URL: exchangeUrl,
    BITMART_FUTURES_URL: exchangeUrl,
    BITMART_TIMETABLE: 'none',
    BITMART_LIMITS: 'published',
    SYNC_INTERVAL: '5s',
    SETTLE_LAG: '1s',
    REREAD_WINDOW: '5s',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'human',
  };
}
