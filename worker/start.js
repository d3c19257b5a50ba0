#!/usr/bin/env node
// The worker itself is in bitmart-sync: what reads and what a platform imports are of one release.
await import('bitmart-sync/worker');
