import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OwnerClient, Status } from '../../src/client/index.ts';
import { type ExchangeAnswer, exchangeAnswers } from '../support/exchange-answers.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

/** Answers of the table at the same time, each to a linked account of its own. */
interface Linked extends ExchangeAnswer {
  readonly owner: OwnerClient;
  readonly accountId: string;
}

/**
 * Three of each kind: behind the error table, of which test/bitmart/key-check.test.ts tries every code, codes of one kind go
 * one way. `EVERY_ANSWER=1` tries them all here as well.
 */
const answers = process.env.EVERY_ANSWER ? exchangeAnswers : [...kindsOf(exchangeAnswers)].flatMap(firstThree);

function kindsOf(all: readonly ExchangeAnswer[]): Iterable<readonly ExchangeAnswer[]> {
  const kindOf = ({ name: _, fault, remedy, ...meaning }: ExchangeAnswer) =>
    JSON.stringify([fault.fault, String(remedy), meaning]);
  return Map.groupBy(all, kindOf).values();
}

function firstThree(kind: readonly ExchangeAnswer[]): readonly ExchangeAnswer[] {
  return kind.slice(0, 3);
}

/** Dozens are waited for at once, for minutes. */
const everyMs = 4_000;

let system: System;
const linked: Linked[] = [];

beforeAll(async () => {
  system = await startSystem({
    workerEnv: { EGRESS_ADDRESSES: '203.0.113.7' },
    switches: refusedBeyondReach,
  });
  await system.startWorker();
  await Promise.all(
    answers.map(async (answer) => {
      const account = system.sandbox.exchange.addAccount({ name: answer.name });
      system.sandbox.exchange.generate(answer.name, { spotTrades: 3, futuresTrades: 3, withdrawals: 1, days: 5 });
      const owner = system.client.forOwner(answer.name);
      const link = await notRefused(owner.link(account, { wait: false }));
      linked.push({ ...answer, owner, accountId: link.accountId });
    }),
  );
  await Promise.all(linked.map(({ owner, accountId }) => owner.waitForLive(accountId, { everyMs })));
});
afterAll(() => system.close());

/** What an account shows once it has settled; `null` while it has not. */
function settled({ problem, stream, stops }: ExchangeAnswer, status: Status): boolean {
  if (status.status !== (stops ? 'needs-attention' : 'live')) return false;
  const codes = status.problems.filter((one) => stops || stream === undefined || one.stream === stream);
  return problem === null ? status.problems.length === 0 : codes.some((one) => one.code === problem);
}

test('each answer gives a linked account the right problem, and the account recovers automatically', async () => {
  const { exchange } = system.sandbox;
  for (const { name, fault, liveFault = fault } of linked) exchange.inject({ ...liveFault, account: name });
  // A status without a problem may be that of the read before: the sync that meets the answer is waited for.
  await Promise.all(linked.map(({ owner, accountId, problem }) => owner.sync(accountId, { wait: problem === null })));
  const wrong: string[] = [];
  const waitAll = (isReached: (answer: Linked, status: Status) => boolean) =>
    Promise.all(
      linked.map(async (answer) => {
        const reached = (status: Status) => isReached(answer, status);
        const found = await answer.owner
          .waitFor(answer.accountId, reached, { timeoutMs: 110_000, everyMs })
          .catch(() => null);
        if (found) return found;
        const { status, problems } = await answer.owner.status(answer.accountId);
        wrong.push(`${answer.name}: ${status}, ${problems.map((one) => `${one.code} ${one.stream ?? ''}`).join(', ')}`);
        return null;
      }),
    );

  const statuses = await waitAll(settled);
  expect(wrong).toEqual([]);
  for (const [place, { name, problem, remedy }] of linked.entries()) {
    const reported = statuses[place]?.problems.find((one) => one.code === problem);
    if (remedy) expect(reported?.remedy, name).toMatch(remedy);
    // The clock of what may be lost is kept, above all while nothing is read.
    expect(statuses[place]?.historyAtRiskAt, name).not.toBeNull();
  }

  exchange.clearFaults();
  await Promise.all(
    linked.map(async ({ owner, accountId, longWait }) => {
      if (longWait) {
        await owner.pause(accountId);
        await owner.resume(accountId);
      } else await owner.sync(accountId, { wait: false });
    }),
  );
  await waitAll((_, status) => status.status === 'live' && status.problems.length === 0);
  expect(wrong).toEqual([]);
});
