import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repository } from '../compose/compose-file.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** The queries of docs/deployment.md, as an operator would copy them. */
const queries = new Map(
  [...section('### Queries').matchAll(/^\| ([^|`]+) \| `([^`]+)` \|$/gm)].map(([, question = '', query = '']) => [
    question,
    query,
  ]),
);

function section(heading: string): string {
  const text = readFileSync(join(repository, 'docs/deployment.md'), 'utf8');
  const from = text.indexOf(`${heading}\n`);
  return text.slice(from, text.indexOf('\n### ', from + heading.length));
}

let system: System;
const ids: Record<string, string> = {};

beforeAll(async () => {
  // With BitMart's own dates an account that is linked now came too late for some streams, and is never complete.
  system = await startSystem({ switches: refusedBeyondReach, workerEnv: { BITMART_TIMETABLE: 'none' } });
  await system.startWorker();
  const { exchange } = system.sandbox;
  let refusedKey = '';
  const link = async (name: string) => {
    const account = exchange.addAccount({ name });
    if (name === 'refused') refusedKey = account.apiKey;
    exchange.generate(name, { spotTrades: 20, days: 60 });
    ids[name] = (await notRefused(system.client.forOwner(name).link(account))).accountId;
  };
  const { workflow } = await system.temporal();
  const unknown = { taskQueue: system.env.TASK_QUEUE as string, workflowId: `unknown/${system.env.TASK_QUEUE}` };
  await workflow.start('linkedAcount', unknown);
  // BitMart lets this key read no withdrawals and deposits: what is not read expires.
  const refusal = { fault: 'error-in-200', code: 30019, account: 'partly' } as const;
  exchange.inject({ ...refusal, endpoint: '/account/v2/deposit-withdraw/history' });
  await Promise.all(['alice', 'paused', 'refused', 'ended', 'partly'].map((name) => link(name)));
  await Promise.all(
    Object.entries(ids).map(([name, accountId]) => system.client.forOwner(name).waitForLive(accountId)),
  );
  // Hangs in the middle of its first read.
  exchange.inject({ fault: 'hang', account: 'reads', endpoint: '/spot/v4/query/trades', afterRequests: 2 });
  await link('reads');
  await system.client.forOwner('paused').pause(ids.paused as string);
  exchange.changeKey(refusedKey, { status: 'frozen' });
  await system.client.forOwner('refused').sync(ids.refused as string, { wait: false });
  await (await system.workflow(ids.ended as string)).terminate('by hand');
});
afterAll(() => system.close());

/** Names of the accounts that a query of the document finds, with `instant` in place of its example of a time. */
async function found(question: string, instantMs = 0): Promise<readonly string[]> {
  const query = queries.get(question.replace('’', "'"));
  if (query === undefined) throw new Error(`docs/deployment.md has no query "${question}".`);
  const instant = new Date(instantMs).toISOString();
  const asked = `${query.replace(/'\d{4}-[^']+'/, `'${instant}'`)} AND TaskQueue = '${system.env.TASK_QUEUE}'`;
  const { workflow } = await system.temporal();
  const names: string[] = [];
  for await (const { workflowId } of workflow.list({ query: asked })) {
    const name = Object.keys(ids).find((each) => workflowId.endsWith(`/${ids[each]}`));
    names.push(name ?? workflowId.split('/')[0] ?? '');
  }
  return names.sort();
}

const dayMs = 86_400_000;
const soon = () => Date.now() + 60_000;
const ago = (days: number) => Date.now() - days * dayMs;
const ahead = (days: number) => Date.now() + days * dayMs;

/** What each finds now, and, where it asks for a time, what it finds once that time has come. */
const expectations: Readonly<Record<string, () => Promise<void>>> = {
  'at risk within 7 days': async () => {
    await shows('at risk within 7 days', ahead(7), ['partly']);
    expect(await found('at risk within 7 days', ahead(100))).toContain('alice');
  },
  'needs attention': () => shows('needs attention', 0, ['refused']),
  'needs attention, longer than a day': async () => {
    await shows('needs attention, longer than a day', soon(), ['refused']);
    expect(await found('needs attention, longer than a day', ago(1))).toEqual([]);
  },
  'paused, longer than 30 days': async () => {
    await shows('paused, longer than 30 days', soon(), ['paused']);
    expect(await found('paused, longer than 30 days', ago(30))).toEqual([]);
  },
  'not complete now': () => shows('not complete now', 0, ['partly', 'reads']),
  'complete, but not up to yesterday': async () => {
    await shows('complete, but not up to yesterday', soon(), ['alice', 'paused', 'refused']);
    expect(await found('complete, but not up to yesterday', ago(1))).toEqual([]);
  },
  'first read still under way': () => shows('first read still under way', 0, ['reads']),
  'first read under way, longer than a day': async () => {
    await shows('first read under way, longer than a day', soon(), ['reads']);
    expect(await found('first read under way, longer than a day', ago(1))).toEqual([]);
  },
  'one user’s accounts': () => shows('one user’s accounts', 0, ['alice']),
  'all that are read': () => shows('all that are read', 0, ['alice', 'partly']),
  'ended by hand or by failure': () => shows('ended by hand or by failure', 0, ['ended']),
  'workflow code that does not get on': () => shows('workflow code that does not get on', 0, ['unknown']),
  'runs of the Schedules that failed': () => shows('runs of the Schedules that failed', 0, []),
};

/** Temporal's index is a moment behind. */
async function shows(question: string, instantMs: number, names: readonly string[]): Promise<void> {
  await expect.poll(() => found(question, instantMs), { interval: 500 }).toEqual(names);
}

test('every query of docs/deployment.md is tried here', () => {
  expect([...queries.keys()].map((question) => question.replace("'", '’'))).toEqual(Object.keys(expectations));
});

test.each(Object.keys(expectations))(
  '%s',
  async (question) => {
    await expectations[question]?.();
  },
  60_000,
);
