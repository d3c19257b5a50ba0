import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { expect } from 'vitest';
import type { Activities, KeyCheckResult, SyncResult } from '../../src/activities/contract.ts';
import { closableInterceptors } from '../../src/temporal-interceptors.ts';
import { accountStart } from '../../src/workflows/account-start.ts';
import type { AccountState } from '../../src/workflows/account-state.ts';
import { interactiveTaskQueueOf, viewQuery, type WorkflowView } from '../../src/workflows/messages.ts';
import { nothingRead } from '../../src/workflows/range-answer.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** The real workflow on a real Temporal, with activities that a test answers, holds up and fails. */
export interface MockedTemporal {
  readonly client: Client;
  start(options?: AccountOptions): Promise<MockedAccount>;
  /** Starts an account and waits until it is live. */
  startLive(): Promise<MockedAccount>;
  close(): Promise<void>;
}

export interface AccountOptions {
  /** What an earlier run left. */
  readonly state?: Partial<AccountState>;
  readonly activities?: Partial<Activities>;
}

/** The activities that the workflow of a linked account calls. */
type Name = 'checkKey' | 'syncHistory' | 'readRange' | 'noteExpiry' | 'saveStatus' | 'unlinkAccount' | 'mergeAccounts';
type Request<Of extends Name> = Parameters<Activities[Of]>[0];
type Result<Of extends Name> = Awaited<ReturnType<Activities[Of]>>;

export interface Held<Of extends Name> {
  readonly request: Request<Of>;
  release(result?: Result<Of>): void;
  fail(message?: string): void;
}

const silent = new DefaultLogger('ERROR');

export async function startMockedTemporal(): Promise<MockedTemporal> {
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } } });
  const address = process.env.TEMPORAL_ADDRESS;
  if (address === undefined) throw new Error('TEMPORAL_ADDRESS is not set: run the tests with `npm test`.');
  const [bundle, connection, native] = await Promise.all([
    workflowBundle(),
    Connection.connect({ address, interceptors: closableInterceptors({}) }),
    NativeConnection.connect({ address }),
  ]);
  const taskQueue = `mocked-${randomBytes(6).toString('hex')}`;
  const accounts = new Map<string, MockedAccount>();
  const callOf =
    (name: Name) =>
    (request: { readonly accountId: string } | { readonly from: string }): Promise<unknown> =>
      (accounts.get('accountId' in request ? request.accountId : request.from) as MockedAccount).call(name, request);
  const names = ['checkKey', 'syncHistory', 'readRange', 'noteExpiry', 'saveStatus', 'unlinkAccount', 'mergeAccounts'];
  const shared = {
    connection: native,
    activities: Object.fromEntries(names.map((name) => [name, callOf(name as Name)])),
    maxHeartbeatThrottleInterval: '100ms',
    defaultHeartbeatThrottleInterval: '100ms',
    shutdownGraceTime: 0,
    shutdownForceTime: '1s',
  } as const;
  const workers = [
    await Worker.create({ ...shared, taskQueue, workflowBundle: bundle }),
    await Worker.create({ ...shared, taskQueue: interactiveTaskQueueOf(taskQueue) }),
  ];
  const running = Promise.allSettled(workers.map((worker) => worker.run()));
  const client = new Client({ connection });
  const temporal: MockedTemporal = {
    client,
    async start({ state, activities = {} } = {}) {
      const accountId = randomBytes(8).toString('hex');
      const account = new MockedAccount(accountId, activities);
      accounts.set(accountId, account);
      const carried = state === undefined ? {} : { state: { v: 1, ...state } };
      account.handle = await client.workflow.start('linkedAccount', {
        ...accountStart({ accountId, ownerId: 'owner', label: null }),
        args: [{ accountId, ...carried }],
        taskQueue,
      });
      return account;
    },
    async startLive() {
      const account = await temporal.start();
      await expect.poll(() => account.status()).toBe('live');
      return account;
    },
    async close() {
      for (const { handle } of accounts.values()) await handle.terminate().catch(() => undefined);
      for (const worker of workers) worker.shutdown();
      await running;
      await Promise.all([connection.close(), native.close()]);
    },
  };
  return temporal;
}

export class MockedAccount {
  readonly accountId: string;
  readonly calls: { readonly name: Name; readonly request: unknown }[] = [];
  handle!: WorkflowHandle;
  /** As the database has it. */
  paused = false;
  readonly #activities: Partial<Activities>;
  readonly #waiting = new Map<Name, ((call: Held<Name>) => void)[]>();

  constructor(accountId: string, activities: Partial<Activities>) {
    this.accountId = accountId;
    this.#activities = activities;
  }

  /** The next call of the activity waits until the test releases it or lets it fail. */
  hold<Of extends Name>(name: Of): Promise<Held<Of>> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? [];
      this.#waiting.set(name, [...waiting, resolve as unknown as (call: Held<Name>) => void]);
    });
  }

  requests<Of extends Name>(name: Of): readonly Request<Of>[] {
    return this.calls.flatMap((call) => (call.name === name ? [call.request as Request<Of>] : []));
  }

  view(): Promise<WorkflowView> {
    return this.handle.query(viewQuery);
  }

  async status(): Promise<string> {
    return (await this.view()).status;
  }

  call(name: Name, request: unknown): Promise<unknown> {
    this.calls.push({ name, request });
    const answer = (this.#activities[name] ?? this.#answer(name)) as (request: unknown) => Promise<unknown>;
    const [next, ...others] = this.#waiting.get(name) ?? [];
    if (next === undefined) return Promise.resolve(answer(request));
    this.#waiting.set(name, others);
    const context = Context.current();
    // A cancellation comes with the answer to a heartbeat.
    const heartbeats = setInterval(() => context.heartbeat(), 100);
    const answered = new Promise((resolve, reject) => {
      const release = (result?: unknown) => resolve(result === undefined ? answer(request) : result);
      const fail = (message = 'It failed.') => reject(ApplicationFailure.nonRetryable(message));
      next({ request, release, fail } as Held<Name>);
    });
    return Promise.race([answered, context.cancelled]).finally(() => clearInterval(heartbeats));
  }

  #answer(name: Name): (request: never) => unknown {
    const answers: Readonly<Record<Name, (request: never) => unknown>> = {
      checkKey: ({ keyId }: Request<'checkKey'>) =>
        keyCheck(this.accountId, { keyId: keyId ?? 'key', paused: this.paused }),
      syncHistory: () => syncResult(),
      readRange: () => ({ ...nothingRead, next: null }),
      noteExpiry: () => ({ historyAtRiskAt: null }),
      saveStatus: ({ paused }: Request<'saveStatus'>) => {
        this.paused = paused;
      },
      unlinkAccount: () => {
        this.paused = false;
      },
      mergeAccounts: () => ({ outcome: 'refused', reason: 'gone', message: 'There is no such account.' }),
    };
    return answers[name];
  }
}

/** A key that is accepted, unless changed. */
export function keyCheck(accountId: string, change: Partial<KeyCheckResult> = {}): KeyCheckResult {
  return {
    outcome: 'accepted',
    subject: 'candidate',
    keyId: 'key',
    accountId,
    ownerId: 'owner',
    label: null,
    status: 'backfilling',
    linked: true,
    paused: false,
    alreadyLinked: false,
    readOnly: true,
    permissions: [],
    keyExpiresAt: null,
    problems: [],
    lanes: [['spot-trades']],
    everythingReadThrough: false,
    lookAgainMs: 86_400_000,
    ...change,
  };
}

/** Everything was read to its end, unless changed. */
export function syncResult(change: Partial<SyncResult> = {}): SyncResult {
  return {
    streams: [{ stream: 'spot-trades', rows: 1, from: null, through: null, gaps: 0 }],
    done: true,
    finished: [],
    key: 'works',
    failed: false,
    everythingReadThrough: true,
    nextSyncAt: new Date(Date.now() + 3_600_000).toISOString(),
    historyAtRiskAt: null,
    completeThrough: null,
    candidateWaiting: false,
    problems: [],
    lanes: [['spot-trades']],
    ...change,
  };
}
