import type { MetricMeter } from '@temporalio/common';
import { type Database, type DatabaseCondition, databaseConditions, fleetFigures } from '../../database/index.ts';
import type { Exchange } from '../../history/ports.ts';
import type { DatabaseHealth } from '../database-health.ts';
import type { FleetTimetable } from '../fleet-timetable.ts';
import { createFleetMetrics } from './fleet-metrics.ts';
import { createPageMetrics } from './page-metrics.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { createRequestMetrics } from './request-metrics.ts';

/** Shorter than the usual interval of a scrape. */
const processEveryMs = 5_000;
/** Reads a row per part of every account. */
const fleetEveryMs = 60_000;

/**
 * All our metrics, through the SDK's meter, so that METRICS_ADDRESS shows them together with Temporal's. Without that address
 * nothing is counted and Postgres is not queried.
 */
export function createMetrics(meter: MetricMeter) {
  return {
    requests: createRequestMetrics(meter),
    pages: createPageMetrics(meter),
    database: createDatabaseMetrics(meter),

    /** Measures this process and the fleet at intervals, beginning now. */
    watch(parts: WatchedParts): { stop(): void } {
      const process = createProcessMetrics(meter, parts);
      const fleet = createFleetMetrics(meter);
      let reading = false;
      const readFleet = async () => {
        if (reading) return;
        reading = true;
        try {
          fleet.show(await fleetFigures(parts.database, { timetable: parts.timetable.current }));
        } catch (error) {
          parts.troubles.warn(error, 'the fleet’s figures could not be read; the metrics show the last ones');
        } finally {
          reading = false;
        }
      };
      process.sample();
      void readFleet();
      const timers = [setInterval(process.sample, processEveryMs), setInterval(readFleet, fleetEveryMs)];
      return { stop: () => timers.forEach(clearInterval) };
    },
  };
}

interface WatchedParts {
  readonly database: Database;
  readonly exchange: Exchange;
  readonly timetable: Pick<FleetTimetable, 'current'>;
  readonly troubles: Pick<DatabaseHealth, 'warn'>;
}

/** Statements that Postgres could not carry out for this process, by reason. */
function createDatabaseMetrics(meter: MetricMeter) {
  const troubles = meter.createCounter(
    'bitmart_sync_database_troubles_total',
    '',
    'Times that Postgres could not do what it was asked, by what kept it',
  );
  // Prometheus sees an increase only in a series that existed before.
  for (const condition of databaseConditions) troubles.add(0, { condition });
  return {
    onTrouble: (condition: DatabaseCondition): void => troubles.add(1, { condition }),
  };
}

const requestSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const statementSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const waitSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const hourSeconds = 3_600;
const lateSeconds = [10, 60, 300, 900, hourSeconds, 6 * hourSeconds, 24 * hourSeconds, 72 * hourSeconds];

/** The SDK's own buckets are for milliseconds; ours count seconds, as Prometheus wants it. */
export const histogramBuckets: Readonly<Record<string, number[]>> = {
  bitmart_sync_request_seconds: requestSeconds,
  bitmart_sync_commit_seconds: statementSeconds,
  bitmart_sync_pace_wait_seconds: waitSeconds,
  bitmart_sync_late_record_seconds: lateSeconds,
};
