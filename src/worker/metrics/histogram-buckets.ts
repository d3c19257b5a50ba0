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
