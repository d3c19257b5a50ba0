import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Payload, TypedSearchAttributes } from '@temporalio/common';
import { decodeTypedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { SandboxedRun } from './sandboxed-run.ts';
import {
  type Command,
  cancelled,
  decoded,
  encoded,
  type Fields,
  failureOf,
  isClosing,
  type Job,
  resultOf,
} from './task-protocol.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** What an activity will do: how long it takes, and what it answers at its end, by returning or throwing. */
export interface Work {
  readonly durationMs: number;
  finish(): unknown;
  /** Called in place of `finish` when it ends because it was cancelled. */
  cancelled?(atMs: number): void;
}

export interface Workflow {
  readonly type: string;
  readonly input: unknown;
  begin(activity: string, request: never, nowMs: number): Work;
}

export interface Message {
  readonly name: string;
  readonly sentMs: number;
  answeredMs: number | null;
  result: unknown;
  failure: string | null;
}

/** What Temporal Cloud bills of a run, by its published rules; heartbeats are the activities' own. */
export interface BilledActions {
  starts: number;
  activities: number;
  timers: number;
  searchAttributes: number;
  markers: number;
  messages: number;
}

/** Our real workflow code in the worker's real sandbox, without a server: time is a number that a test moves on. */
export async function openClockedWorkflows() {
  const { code } = await workflowBundle();
  const creator = await ReusableVMWorkflowCreator.create(parseWorkflowCode(code), 10_000, new Set());
  const open: ClockedWorkflow[] = [];
  return {
    start(workflow: Workflow, startMs: number): ClockedWorkflow {
      const started = new ClockedWorkflow(creator, workflow, startMs);
      open.push(started);
      return started;
    },
    async close(): Promise<void> {
      for (const workflow of open) await workflow.close();
      await creator.destroy();
    },
  };
}

export class ClockedWorkflow {
  nowMs: number;
  isClosed = false;
  runs = 0;
  readonly billed: BilledActions = {
    starts: 0,
    activities: 0,
    timers: 0,
    searchAttributes: 0,
    markers: 0,
    messages: 0,
  };
  /** Signals that arrive while a task that ends the run is worked on: Temporal has the task done again with them. */
  arriving: readonly string[] = [];
  readonly #creator: ReusableVMWorkflowCreator;
  readonly #workflow: Workflow;
  #input: readonly Payload[];
  #run!: SandboxedRun;
  #agenda: { readonly atMs: number; readonly jobs: () => readonly Job[]; readonly key: string }[] = [];
  #works = new Map<string, Work>();
  #jobs: Job[] = [];
  #events = 0;
  #fields: Fields = {};
  #updates = new Map<string, { readonly message: Message; readonly job: Job; accepted: boolean }>();

  constructor(creator: ReusableVMWorkflowCreator, workflow: Workflow, startMs: number) {
    this.#creator = creator;
    this.#workflow = workflow;
    this.#input = [encoded(workflow.input)];
    this.nowMs = startMs;
    this.#begin();
  }

  get attributes(): TypedSearchAttributes {
    return decodeTypedSearchAttributes(this.#fields);
  }

  get unanswered(): number {
    return this.#updates.size;
  }

  /** Activities under way. */
  get working(): number {
    return this.#agenda.filter(({ key }) => key.startsWith('activity')).length;
  }

  signal(name: string): void {
    this.billed.messages++;
    this.#jobs.push({ signalWorkflow: { signalName: name, input: [], headers: {} } });
  }

  update(name: string, ...args: readonly unknown[]): Message {
    this.billed.messages++;
    const message: Message = { name, sentMs: this.nowMs, answeredMs: null, result: undefined, failure: null };
    const id = randomUUID();
    const input = args.map(encoded);
    const meta = { updateId: id, identity: 'test' };
    const job = { doUpdate: { id, protocolInstanceId: id, name, input, headers: {}, runValidator: true, meta } };
    this.#updates.set(id, { message, job, accepted: false });
    this.#jobs.push(job);
    return message;
  }

  query(name: string): Promise<unknown> {
    return this.#run.query(name, this.nowMs);
  }

  /** Lets time pass until an instant, or until nothing is left that time could bring. */
  async runUntil(untilMs: number, isReached: () => boolean = () => false): Promise<void> {
    for (;;) {
      while (this.#jobs.length > 0) await this.#task();
      if (this.isClosed || isReached()) return;
      const nextMs = Math.min(...this.#agenda.map(({ atMs }) => atMs));
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      const due = this.#agenda.filter(({ atMs }) => atMs <= this.nowMs);
      this.#agenda = this.#agenda.filter(({ atMs }) => atMs > this.nowMs);
      for (const { jobs } of due) this.#jobs.push(...jobs());
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** The run once more from its history, as in another worker: it must command the same. */
  replay(): Promise<void> {
    return this.#run.replay();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.#run.forget();
  }

  #begin(): void {
    this.runs++;
    this.billed.starts++;
    this.#run = new SandboxedRun(this.#creator, this.#workflow.type, this.nowMs);
    this.#events = 1;
    this.#agenda = [];
    this.#jobs.unshift({
      initializeWorkflow: {
        workflowType: this.#workflow.type,
        workflowId: 'clocked',
        arguments: this.#input,
        headers: {},
        startTime: msToTs(this.nowMs),
        attempt: 1,
        searchAttributes: { indexedFields: this.#fields },
      },
    });
  }

  async #task(): Promise<void> {
    const jobs = this.#jobs;
    this.#jobs = [];
    const historyLength = this.#events + 2 + jobs.length;
    const { commands, keep } = await this.#run.do({ jobs, nowMs: this.nowMs, historyLength });
    if (this.arriving.length > 0 && commands.some(isClosing)) {
      await this.#run.forget();
      this.#jobs = jobs;
      for (const name of this.arriving) this.signal(name);
      this.arriving = [];
      return;
    }
    keep();
    this.#events = historyLength + 1 + commands.length;
    if (commands.some(({ setPatchMarker }) => setPatchMarker)) this.billed.markers++;
    for (const command of commands) await this.#carryOut(command);
  }

  async #carryOut(command: Command): Promise<void> {
    const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity, updateResponse } = command;
    if (startTimer) {
      this.billed.timers++;
      const { seq } = startTimer;
      this.#plan(`timer ${seq}`, tsToMs(startTimer.startToFireTimeout), () => [{ fireTimer: { seq } }]);
    } else if (cancelTimer) this.#drop(`timer ${cancelTimer.seq}`);
    else if (scheduleActivity) {
      this.billed.activities++;
      const { seq, activityType } = scheduleActivity;
      const work = this.#workflow.begin(activityType, decoded(scheduleActivity.arguments[0]) as never, this.nowMs);
      this.#works.set(`activity ${seq}`, work);
      this.#plan(`activity ${seq}`, work.durationMs, () => {
        this.#events += 1;
        return [{ resolveActivity: { seq, result: resultOf(activityType, work.finish) } }];
      });
    } else if (requestCancelActivity) {
      const { seq } = requestCancelActivity;
      const isUnderWay = this.#agenda.some(({ key }) => key === `activity ${seq}`);
      this.#drop(`activity ${seq}`);
      // It hears of it with its next heartbeat, and ends its page.
      if (isUnderWay)
        this.#plan(`activity ${seq}`, 1_500, () => {
          this.#works.get(`activity ${seq}`)?.cancelled?.(this.nowMs);
          return [{ resolveActivity: { seq, result: { cancelled: { failure: cancelled } } } }];
        });
    } else if (updateResponse) this.#answer(updateResponse);
    else if (command.upsertWorkflowSearchAttributes) {
      this.billed.searchAttributes++;
      this.#show(command.upsertWorkflowSearchAttributes.searchAttributes.indexedFields);
    } else if (command.failWorkflowExecution) throw failureOf(command.failWorkflowExecution.failure);
    else if (isClosing(command)) await this.#end(command);
  }

  async #end({ continueAsNewWorkflowExecution: next }: Command): Promise<void> {
    await this.#run.forget();
    for (const { message, accepted } of this.#updates.values())
      assert.ok(!accepted, `the run ended before it answered the update ${message.name}`);
    const isWorking = this.#agenda.some(({ key }) => key.startsWith('activity'));
    assert.ok(!isWorking, 'the run ended before an activity did');
    if (next === undefined) {
      this.isClosed = true;
      for (const { message } of this.#updates.values()) message.failure = 'The workflow has ended.';
      this.#updates.clear();
      return;
    }
    this.#input = next.arguments;
    // Without any the next run keeps those of this one.
    if (next.searchAttributes) {
      this.#fields = {};
      this.#show(next.searchAttributes.indexedFields);
    }
    this.#jobs = [...this.#updates.values()].map(({ job }) => job);
    this.#begin();
  }

  #answer(response: NonNullable<Command['updateResponse']>): void {
    const id = response.protocolInstanceId;
    const update = this.#updates.get(id);
    assert.ok(update, 'an update was answered twice');
    if (response.accepted) {
      update.accepted = true;
      return;
    }
    this.#updates.delete(id);
    update.message.answeredMs = this.nowMs;
    if (response.rejected) update.message.failure = failureOf(response.rejected).message;
    else update.message.result = response.completed && decoded(response.completed);
  }

  #show(fields: Fields): void {
    const shown = { ...this.#fields, ...fields };
    this.#fields = Object.fromEntries(Object.entries(shown).filter(([, payload]) => decoded(payload) !== null));
  }

  #plan(key: string, delayMs: number, jobs: () => readonly Job[]): void {
    this.#agenda.push({ atMs: this.nowMs + delayMs, jobs, key });
    this.#agenda.sort((a, b) => a.atMs - b.atMs);
  }

  #drop(key: string): void {
    this.#agenda = this.#agenda.filter((entry) => entry.key !== key);
  }
}
