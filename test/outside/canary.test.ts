import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import type { StreamName } from '../../src/client/index.ts';
import { runCommandLine } from '../cli/run-command-line.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem, type WorkerProcess } from '../support/system.ts';
import { EchoingExchange } from './echoing-exchange.ts';

const canary = {
  apiKey: 'cana1e7000000000000000000000000000000001',
  apiSecret: 'cana1e7secret00000000000000000000000000000000000000000000000002',
  memo: 'cana1e7-memo',
};

let system: System;
let exchange: EchoingExchange;
let worker: WorkerProcess;
let addresses: { readonly metrics: string; readonly health: string };

beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  exchange = new EchoingExchange(system.sandbox.url);
  const url = await exchange.listen();
  addresses = { metrics: `127.0.0.1:${await freePort()}`, health: `127.0.0.1:${await freePort()}` };
  worker = await system.startWorker({
    BITMART_SPOT_URL: url,
    BITMART_FUTURES_URL: url,
    LOG_LEVEL: 'trace',
    METRICS_ADDRESS: addresses.metrics,
    HEALTH_ADDRESS: addresses.health,
  });
});
afterAll(async () => {
  exchange.close();
  await system.close();
});

test('no output repeats what an echoing exchange was sent', async () => {
  const { sandbox, client, env } = system;
  sandbox.exchange.addAccount({ name: 'canary', ...canary });
  sandbox.exchange.generate('canary', { spotTrades: 20, futuresTrades: 5, withdrawals: 2, deposits: 2, days: 30 });
  const owner = client.forOwner('canary');
  const link = await notRefused(owner.link(canary));
  expect(link.outcome).toBe('accepted');
  const { accountId } = link;
  await owner.waitFor(accountId, ({ streams }) =>
    streams.some(({ stream, rows }) => stream === 'spot-trades' && rows === 20),
  );
  await owner.waitFor(accountId, ({ problems }) => problems.some(({ stream }) => stream === 'futures-trades'));
  exchange.echoesEverywhere = true;
  const refused = await owner.link({ ...canary, memo: `${canary.memo}-wrong` }).catch((error: unknown) => error);
  const unknown = await owner
    .check({ ...canary, apiKey: canary.apiKey.replace('1', '2') })
    .catch((error: unknown) => error);
  const range = {
    stream: 'futures-trades' as StreamName,
    from: new Date(Date.now() - 86_400_000),
    to: new Date(Date.now() - 3_600_000),
  };
  const said: Record<string, unknown> = {
    link,
    refused,
    unknown,
    range: await owner.syncRange(accountId, range).catch((error: unknown) => error),
    statusAsObject: await owner.status(accountId),
    coverage: await owner.coverage(accountId, { evidence: true }),
    explanation: await owner.explain(accountId),
    events: await owner.events(),
    report: await owner.report(accountId),
    records: await owner.records(accountId, 'spot-trades'),
    client,
    owner,
    log: worker.output(),
    metrics: await (await fetch(`http://${addresses.metrics}/metrics`)).text(),
    ready: await (await fetch(`http://${addresses.health}/readyz`)).text(),
  };
  const handle = await system.workflow(accountId);
  const [history, description] = [await handle.fetchHistory(), await handle.describe()];
  said.history = [JSON.stringify(history), ...(history.events ?? []).flatMap((event) => payloadsIn(event))];
  said.visibility = [description.searchAttributes, description.memo, description.raw];
  for (const command of ['status', 'explain', 'sync']) {
    said[command] = await runCommandLine([command, accountId, '--owner', 'canary'], { env });
  }
  said['link with a wrong memo'] = await runCommandLine(['link', '--owner', 'canary'], {
    env,
    stdin: JSON.stringify({ ...canary, memo: 'cana1e7-other' }),
  });
  said.pages = (await system.database.query('select trace, reason from page')).rows;
  said.accounts = (await system.database.query('select * from account')).rows;
  said.problems = (await system.database.query('select * from account_problem')).rows;

  expect(exchange.signatures.size).toBeGreaterThan(3);
  // What is looked through is not empty, and names what failed.
  expect(String(said.log)).toContain('exchange refused');
  expect(inspect(said.statusAsObject, { depth: 9 })).toContain('/contract/private/trades');
  const secrets = [...Object.values(canary), 'cana1e7', ...exchange.signatures];
  for (const [where, what] of Object.entries(said)) {
    const shown = `${inspect(what, { depth: 20, maxArrayLength: null, maxStringLength: null, showHidden: true })}${textOf(what)}`;
    for (const secret of secrets) expect(shown.includes(secret), `${where} holds ${secret}`).toBe(false);
  }
});

function textOf(what: unknown): string {
  try {
    return what instanceof Error ? `${what.stack}${JSON.stringify(what)}` : (JSON.stringify(what) ?? '');
  } catch {
    return '';
  }
}

/** Payloads are bytes in a history: as they are read. */
function payloadsIn(value: unknown): readonly string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(payloadsIn);
}
