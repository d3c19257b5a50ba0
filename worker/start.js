#!/usr/bin/env node
import { createRequire } from 'node:module';

const leastMajor = 24;
if (Number(process.versions.node.split('.')[0]) < leastMajor) {
  console.error(`bitmart-sync-worker needs Node ${leastMajor} or newer, and this is ${process.versions.node}.`);
  process.exit(2);
}
const versionOf = (path) => createRequire(import.meta.url)(path).version;
const [ours, theirs] = [versionOf('./package.json'), versionOf('bitmart-sync/package.json')];
if (ours !== theirs) {
  console.error(
    `bitmart-sync-worker ${ours} needs bitmart-sync ${ours}, and ${theirs} is installed. Install both in one version.`,
  );
  process.exit(2);
}
// The worker itself is in bitmart-sync: what reads and what a platform imports are of one release.
await import('bitmart-sync/worker');
