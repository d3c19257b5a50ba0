import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { notRefused } from '../support/not-refused.ts';
import type { System, SystemOptions } from '../support/system.ts';

/** Something that happens to an account, and the histories that are left of it. */
export interface Scene {
  readonly histories: readonly string[];
  readonly options?: () => SystemOptions;
  play(stage: Stage): Promise<void>;
}

export interface Stage {
  readonly system: System;
  /** The sources of the release before; null where they are not at hand. */
  readonly previous: string | null;
  /** `run`: an account's id for the last run of its workflow, or any run. */
  save(name: string, run: string | WorkflowHandle): Promise<void>;
}

/** Small chunks and an exchange that takes its time, so that something can happen while an account is read. */
export const slowly = (): SystemOptions => ({ workerEnv: { CHUNK_PAGES: '3' }, switches: { latencyMs: 15 } });

/** So as well, in fewer chunks: a history takes 5 KB for each. */
export const steadily = (): SystemOptions => ({ workerEnv: { CHUNK_PAGES: '20' }, switches: { latencyMs: 15 } });

type Records = Parameters<System['sandbox']['exchange']['generate']>[1];

export const someRecords = (trades: number): Records => ({
  spotTrades: trades,
  futuresTrades: trades,
  withdrawals: 5,
  deposits: 5,
  days: 80,
});

export async function linkNew({ sandbox, client }: System, name: string, records: Records) {
  const account = sandbox.exchange.addAccount({ name });
  sandbox.exchange.generate(name, records);
  const owner = client.forOwner(name);
  const { accountId } = await notRefused(owner.link(account));
  return { account, owner, accountId };
}

/** The first run of the chain that an account's workflow, or any other, is. */
export async function firstRun(system: System, of: string | WorkflowHandle): Promise<WorkflowHandle> {
  const { workflow } = await system.temporal();
  const last = typeof of === 'string' ? await system.workflow(of) : of;
  const [started] = (await last.fetchHistory()).events ?? [];
  const runId = started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? '';
  return workflow.getHandle(last.workflowId, runId);
}

export async function until(isSo: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`This did not come true: ${isSo}`);
    await sleep(200);
  }
}

export async function hasEnded(handle: WorkflowHandle): Promise<boolean> {
  return (await handle.describe()).status.name !== 'RUNNING';
}
