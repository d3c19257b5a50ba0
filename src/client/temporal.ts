import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  type ConnectionOptions,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { DataConverter, PayloadCodec, UpdateDefinition } from '@temporalio/common';
import { closableInterceptors } from '../temporal-interceptors.ts';
import { type AccountToStart, accountStart } from '../workflows/account-start.ts';
import type { LinkedAccountInput } from '../workflows/messages.ts';
import { syncNowSignal, workflowIdOf, workflowType } from '../workflows/messages.ts';
import { searchAttributes } from '../workflows/search-attribute-keys.ts';
import { ClientError, clientClosed } from './client-error.ts';
import { isMissingAttribute, isOvertaken, temporalFailure, temporalUnreachable } from './temporal-failure.ts';

/** How to reach Temporal. Takes all options of the SDK's connection as well. */
export interface TemporalOptions extends ConnectionOptions {
  /** @default `default` */
  readonly namespace?: string;
  /** Encrypts what Temporal stores; must be the same as the workers', who read it from PAYLOAD_KEY_FILE. @default none */
  readonly payloadCodec?: PayloadCodec;
}

// A few milliseconds for a reachable server; a person or a web request waits for it.
const connectTimeoutMs = 5_000;
const queryTimeoutMs = 5_000;

// Starting a workflow writes to Temporal's database, which takes longer while that is busy.
const startTimeoutMs = 10_000;

// A worker polls at least once a minute; one that is silent for longer is gone.
const maxPollerAgeMs = 75_000;

// A worker that is just starting gets this long before we check whether there is one.
const silenceMs = 12_000;

// A worker that restarts (a deployment) polls again within seconds.
const servedTimeoutMs = 4_000;

// Short compared with the timeouts above, long enough for a workflow to continue as new.
const retryPauseMs = 250;

/** The workflows of linked accounts, as a client calls them. It connects when first needed. */
export class AccountWorkflows {
  readonly address: string;
  readonly namespace: string;
  readonly #options: ConnectionOptions;
  readonly #taskQueue: string;
  readonly #dataConverter: DataConverter;
  #connection: Promise<Connection> | null = null;
  #isClosed = false;

  constructor(options: TemporalOptions, taskQueue: string) {
    const { namespace, payloadCodec, ...connection } = options;
    this.#dataConverter = { payloadCodecs: payloadCodec === undefined ? [] : [payloadCodec] };
    this.address = connection.address ?? 'localhost:7233';
    this.namespace = namespace ?? 'default';
    const interceptors = closableInterceptors(connection);
    this.#options = { connectTimeout: connectTimeoutMs, ...connection, address: this.address, interceptors };
    this.#taskQueue = taskQueue;
  }

  /** Sends an update and waits for its result; starts the workflow if it should run and doesn't. */
  async update<Result, Args extends [unknown, ...unknown[]] | []>(
    account: AccountToStart,
    definition: UpdateDefinition<Result, Args>,
    args: Args,
    options: { readonly timeoutMs: number; readonly updateId?: string },
  ): Promise<Result> {
    const deadlineMs = Date.now() + options.timeoutMs;
    const id = options.updateId === undefined ? {} : { updateId: options.updateId };
    let withAttributes = true;
    for (;;) {
      try {
        return await this.#whileServed(deadlineMs, (client) =>
          client.workflow.executeUpdateWithStart<typeof linkedAccount, Result, Args>(definition, {
            ...id,
            args,
            startWorkflowOperation: new WithStartWorkflowOperation<typeof linkedAccount>(workflowType, {
              ...this.#start(account, withAttributes),
              workflowIdConflictPolicy: 'USE_EXISTING',
            }),
          }),
        );
      } catch (error) {
        if (withAttributes && isMissingAttribute(error)) withAttributes = false;
        else if (!isOvertaken(error) || Date.now() + retryPauseMs > deadlineMs) throw await this.#whyNot(error);
        else await sleep(retryPauseMs);
      }
    }
  }

  /** Wakes the account's workflow, or starts it; returns as soon as Temporal has stored the request. */
  async wake(account: AccountToStart): Promise<void> {
    let withAttributes = true;
    for (;;) {
      try {
        await this.#before(Date.now() + startTimeoutMs, (client) =>
          client.workflow.signalWithStart(workflowType, {
            ...this.#start(account, withAttributes),
            signal: syncNowSignal,
          }),
        );
        return;
      } catch (error) {
        if (!withAttributes || !isMissingAttribute(error)) throw temporalFailure(this, error);
        withAttributes = false;
      }
    }
  }

  /** Whether a workflow runs for the account. A workflow that is just continuing as new counts as running. */
  isRunning(accountId: string): Promise<boolean> {
    return this.#ask(queryTimeoutMs, async (client) => {
      try {
        const { status } = await client.workflow.getHandle(workflowIdOf(accountId)).describe();
        return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    });
  }

  /** Throws if Temporal or its namespace is missing. */
  async assertReachable(): Promise<void> {
    const { namespace } = this;
    await this.#ask(startTimeoutMs, ({ workflowService }) => workflowService.describeNamespace({ namespace }));
  }

  async serverVersion(): Promise<string> {
    const info = await this.#ask(startTimeoutMs, ({ workflowService }) => workflowService.getSystemInfo({}));
    return info.serverVersion || 'of unknown version';
  }

  async missingSearchAttributes(): Promise<readonly string[]> {
    const { namespace } = this;
    const { customAttributes } = await this.#ask(queryTimeoutMs, ({ connection }) =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    return searchAttributes.map(({ name }) => name).filter((name) => !(name in (customAttributes ?? {})));
  }

  async isWorkerPolling(): Promise<boolean> {
    const { pollers } = await this.#ask(queryTimeoutMs, (client) =>
      client.workflowService.describeTaskQueue({
        namespace: this.namespace,
        taskQueue: { name: this.#taskQueue },
        taskQueueType: workflowTaskQueue,
      }),
    );
    const newestMs = Math.max(
      0,
      ...(pollers ?? []).map((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * 1000),
    );
    return Date.now() - newestMs < maxPollerAgeMs;
  }

  /** Throws if no worker polls within a few seconds: a message that is sent then might be carried out much later. */
  async assertServed(): Promise<void> {
    const deadlineMs = Date.now() + servedTimeoutMs;
    while (!(await this.isWorkerPolling())) {
      if (Date.now() > deadlineMs) throw await this.explainSilence();
      await sleep(retryPauseMs);
    }
  }

  /** Why no answer came in time: usually because no worker polls the queue. */
  async explainSilence(): Promise<ClientError> {
    const polling = await this.isWorkerPolling().catch(() => null);
    if (polling === false) {
      return new ClientError(
        'no-worker',
        `No worker polls task queue ${this.#taskQueue} (Temporal ${this.address}, namespace ${this.namespace}).`,
        'Start the worker (`npm start`).',
      );
    }
    return new ClientError(
      'timed-out',
      `The worker on task queue ${this.#taskQueue} did not answer in time.`,
      'Check the worker’s log and the account’s workflow in the Temporal UI, then try again.',
    );
  }

  /** Calls that are not answered yet fail, at the latest when they would have been tried again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = await this.#connection?.catch(() => null);
    await connection?.close();
  }

  #start(account: AccountToStart, withAttributes: boolean) {
    const { typedSearchAttributes, ...start } = accountStart(account);
    return { ...start, taskQueue: this.#taskQueue, ...(withAttributes && { typedSearchAttributes }) };
  }

  /** Turns failures into described ones. */
  async #ask<Result>(timeoutMs: number, act: (client: Client) => Promise<Result>): Promise<Result> {
    try {
      return await this.#before(Date.now() + timeoutMs, act);
    } catch (error) {
      throw temporalFailure(this, error);
    }
  }

  async #before<Result>(deadlineMs: number, act: (client: Client) => Promise<Result>): Promise<Result> {
    const connection = await this.#connected();
    const client = new Client({ connection, namespace: this.namespace, dataConverter: this.#dataConverter });
    try {
      return await connection.withDeadline(deadlineMs, () => act(client));
    } catch (error) {
      // What the workflow answered counts, closed or not.
      throw this.#isClosed && !(error instanceof WorkflowUpdateFailedError) ? clientClosed() : error;
    }
  }

  /** As `#before`, but gives up early if no worker polls. */
  async #whileServed<Result>(deadlineMs: number, act: (client: Client) => Promise<Result>): Promise<Result> {
    const unserved = new AbortController();
    const look = async () => {
      const polling = await this.isWorkerPolling().catch(() => true);
      if (!polling) unserved.abort();
    };
    const timer = setTimeout(look, silenceMs);
    try {
      const connection = await this.#connected();
      return await connection.withAbortSignal(unserved.signal, () => this.#before(deadlineMs, act));
    } finally {
      clearTimeout(timer);
    }
  }

  async #whyNot(error: unknown): Promise<unknown> {
    const explained = temporalFailure(this, error);
    return explained instanceof ClientError && explained.code === 'timed-out' ? this.explainSilence() : explained;
  }

  async #connected(): Promise<Connection> {
    if (this.#isClosed) throw clientClosed();
    this.#connection ??= Connection.connect(this.#options).catch((error: unknown) => {
      this.#connection = null;
      throw temporalUnreachable(this, error);
    });
    return this.#connection;
  }
}

// Only for the types of the calls above: a client never loads the workflow's code.
declare function linkedAccount(input: LinkedAccountInput): Promise<unknown>;

// Temporal's number for task queues of workflows.
const workflowTaskQueue = 1;
