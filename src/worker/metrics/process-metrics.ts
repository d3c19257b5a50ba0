import type { MetricMeter } from '@temporalio/common';
import type { Database } from '../../database/index.ts';
import type { Exchange } from '../../history/ports.ts';

/** This process: its connections to Postgres, and its clock's offset from the exchange's. Measured every few seconds. */
export function createProcessMetrics(
  meter: MetricMeter,
  parts: { readonly database: Database; readonly exchange: Exchange },
) {
  const connections = meter.createGauge(
    'bitmart_sync_pool_connections',
    'int',
    '',
    'Connections of this worker to Postgres',
  );
  const limit = meter.createGauge(
    'bitmart_sync_pool_size',
    'int',
    '',
    'Connections that this worker may have to Postgres',
  );
  const waiting = meter.createGauge(
    'bitmart_sync_pool_waiting',
    'int',
    '',
    'Statements of this worker that wait for a connection',
  );
  const offset = meter.createGauge(
    'bitmart_sync_clock_offset_seconds',
    'float',
    's',
    'How far this machine’s clock is from BitMart’s, in either direction, as measured last',
  );
  return {
    sample(): void {
      const { totalCount, idleCount, waitingCount, options } = parts.database.pool;
      connections.set(totalCount - idleCount, { state: 'busy' });
      connections.set(idleCount, { state: 'idle' });
      limit.set(options.max ?? 0);
      waiting.set(waitingCount);
      offset.set(Math.abs(parts.exchange.clockMs() - Date.now()) / 1_000);
    },
  };
}
