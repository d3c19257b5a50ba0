import { expect, test } from 'vitest';
import { createAccountWorkflows } from '../../src/worker/account-workflows.ts';
import type { TemporalConnection } from '../../src/worker/temporal-connection.ts';
import { eventsWorkflowIdOf, workflowIdOf } from '../../src/workflows/messages.ts';

const rowsGoneAt = new Date('2026-11-01T12:00:00Z');
const before = new Date('2026-11-01T11:00:00Z');
const after = new Date('2026-11-01T13:00:00Z');

interface Run {
  readonly workflowId: string;
  readonly runId: string;
  readonly startTime: Date;
  readonly status: { readonly name: 'RUNNING' | 'COMPLETED' };
}

/** Temporal with these runs, and what was asked of it. */
function temporalWith(runs: readonly Run[]) {
  const terminated: string[] = [];
  const deleted: string[] = [];
  const workflow = {
    async *list({ query }: { query: string }) {
      yield* runs.filter(({ workflowId }) => query.includes(`"${workflowId}"`));
    },
    getHandle: (_: string, runId: string) => ({ terminate: async () => void terminated.push(runId) }),
  };
  const workflowService = {
    deleteWorkflowExecution: async ({ workflowExecution }: { workflowExecution: { runId: string } }) =>
      void deleted.push(workflowExecution.runId),
  };
  const temporal = { namespace: 'n', client: { workflow, workflowService } } as unknown as TemporalConnection;
  return { workflows: createAccountWorkflows(temporal, 'queue'), terminated, deleted };
}

test('an erasure does not wait for a run that has nothing left to post', async () => {
  const run = (workflowId: string, runId: string, startTime: Date, name: Run['status']['name']): Run => ({
    workflowId,
    runId,
    startTime,
    status: { name },
  });
  const { workflows, terminated, deleted } = temporalWith([
    run(workflowIdOf('a'), 'reads', before, 'RUNNING'),
    run(eventsWorkflowIdOf('a'), 'posted', before, 'COMPLETED'),
    run(eventsWorkflowIdOf('a'), 'posts', before, 'RUNNING'),
    run(eventsWorkflowIdOf('a'), 'posts a receipt', after, 'RUNNING'),
  ]);
  expect(await workflows.forget('a', { rowsGoneAt, startedBefore: null })).toBe(false);
  expect({ terminated, deleted }).toEqual({ terminated: ['posts'], deleted: ['posted'] });
});
