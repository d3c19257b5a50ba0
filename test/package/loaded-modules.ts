/** Run inside the folder of a platform: uses everything of the client, and tells which files that loaded. */
import { registerHooks } from 'node:module';

const loaded = new Set<string>();
registerHooks({
  load(url, context, next) {
    loaded.add(url);
    return next(url, context);
  },
});
const { createClient } = await import(import.meta.resolve('bitmart-sync/client'));
const unreachable = '127.0.0.1:1';
const client = createClient({
  databaseUrl: `postgres://${unreachable}/none`,
  temporal: { address: unreachable, connectTimeout: 100 },
});
const owner = client.forOwner('anna');
// Each fails, because nothing listens; by then it has loaded what it needs.
const { AccountWorkflows } = await import(new URL('./temporal.js', import.meta.resolve('bitmart-sync/client')).href);
await new AccountWorkflows({ address: unreachable, connectTimeout: 100 }, 'queue')
  .assertReachable()
  .catch(() => undefined);
const calls = [owner.list(), owner.records('id', 'spot-trades'), owner.pause('id'), owner.export('id', 'deposits')];
const ended = await Promise.allSettled(calls);
const failures = ended.map((end) => (end.status === 'rejected' ? end.reason.code : 'none'));
console.log(JSON.stringify({ failures, loaded: [...loaded] }));
process.exit();
