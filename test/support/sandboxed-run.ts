import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Payload, TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { type Command, decoded, failureOf, type Job, shapeOf } from './task-protocol.ts';

interface Task {
  readonly jobs: readonly Job[];
  readonly nowMs: number;
  readonly historyLength: number;
}

interface DoneTask extends Task {
  readonly commands: readonly Command[];
  readonly patches: readonly string[];
  readonly flags: readonly number[];
}

interface Sandbox {
  activate(activation: object): Promise<{
    readonly successful?: { readonly commands?: unknown[]; readonly usedInternalFlags?: number[] };
    readonly failed?: { readonly failure: unknown };
  }>;
  dispose(): Promise<void>;
}

/** One run in the worker's sandbox, with all its activations and commands, so that it can be replayed. */
export class SandboxedRun {
  readonly #creator: ReusableVMWorkflowCreator;
  readonly #type: string;
  readonly #startMs: number;
  readonly #done: DoneTask[] = [];
  #sandbox: Sandbox | null = null;
  #flags: readonly number[] = [];

  constructor(creator: ReusableVMWorkflowCreator, type: string, startMs: number) {
    this.#creator = creator;
    this.#type = type;
    this.#startMs = startMs;
  }

  /** What the workflow commands now. It counts once it is kept: a task that Temporal refuses is done again. */
  async do(task: Task): Promise<{ readonly commands: readonly Command[]; keep(): void }> {
    const sandbox = await this.#current();
    const commands = await this.#activate(sandbox, task);
    const patches = commands.flatMap(({ setPatchMarker }) => (setPatchMarker ? [setPatchMarker.patchId] : []));
    return { commands, keep: () => void this.#done.push({ ...task, commands, patches, flags: this.#flags }) };
  }

  async query(name: string, nowMs: number): Promise<unknown> {
    const jobs = [
      { variant: 'queryWorkflow', queryWorkflow: { queryId: 'query', queryType: name, arguments: [], headers: {} } },
    ];
    const [answer] = await this.#activate(await this.#current(), { jobs, nowMs, historyLength: 1 });
    const succeeded = (answer as { respondToQuery?: { succeeded?: { response: Payload } } }).respondToQuery?.succeeded;
    return succeeded && decoded(succeeded.response);
  }

  /** As in another worker: it must command the same. */
  async replay(): Promise<void> {
    await this.forget();
    await this.#current();
  }

  async forget(): Promise<void> {
    await this.#sandbox?.dispose();
    this.#sandbox = null;
  }

  async #current(): Promise<Sandbox> {
    if (this.#sandbox !== null) return this.#sandbox;
    const runId = randomUUID();
    const sandbox = (await this.#creator.createWorkflow({
      info: {
        workflowId: 'clocked',
        runId,
        workflowType: this.#type,
        searchAttributes: {},
        typedSearchAttributes: new TypedSearchAttributes(),
        taskQueue: 'clocked',
        namespace: 'default',
        firstExecutionRunId: runId,
        originalExecutionRunId: runId,
        startTime: new Date(this.#startMs),
        runStartTime: new Date(this.#startMs),
        taskTimeoutMs: 10_000,
        attempt: 1,
        historyLength: 3,
        historySize: 300,
        continueAsNewSuggested: false,
        unsafe: { now: Date.now, isReplaying: false, isReplayingHistoryEvents: false },
      } as never,
      randomnessSeed: [1, 2, 3, 4],
      now: this.#startMs,
      showStackTraceSources: false,
      failureExceptionTypeNames: [],
    } as never)) as unknown as Sandbox;
    this.#sandbox = sandbox;
    for (const task of this.#done) {
      const commands = await this.#activate(sandbox, task);
      assert.deepEqual(shapeOf(commands), shapeOf(task.commands), 'a replay commands something else');
    }
    return sandbox;
  }

  async #activate(sandbox: Sandbox, task: Task & Partial<DoneTask>): Promise<readonly Command[]> {
    const isReplaying = task.commands !== undefined;
    const patches = (task.patches ?? []).map((patchId) => ({ notifyHasPatch: { patchId } }));
    const { successful, failed } = await sandbox.activate({
      runId: 'clocked',
      timestamp: msToTs(task.nowMs),
      isReplaying,
      historyLength: task.historyLength,
      availableInternalFlags: task.flags ?? [],
      jobs: [...patches, ...task.jobs.filter((job) => !isReplaying || !this.#wasRejected(job, task.commands ?? []))],
    });
    if (failed) throw failureOf(failed.failure as never);
    this.#flags = successful?.usedInternalFlags ?? [];
    return (successful?.commands ?? []) as readonly Command[];
  }

  /** An update that was rejected is not an event of the history. */
  #wasRejected(job: Job, commands: readonly Command[]): boolean {
    const { id } = (job.doUpdate ?? {}) as { readonly id?: string };
    return commands.some(({ updateResponse }) => updateResponse?.rejected && updateResponse.protocolInstanceId === id);
  }
}
