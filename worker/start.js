#!/usr/bin/env node
const leastMajor = 24;
if (Number(process.versions.node.split('.')[0]) < leastMajor) {
  console.error(`bitmart-sync-worker needs Node ${leastMajor} or newer, and this is ${process.versions.node}.`);
  process.exit(2);
}
// The worker itself is in bitmart-sync: what reads and what a platform imports are of one release.
await import('bitmart-sync/worker');
