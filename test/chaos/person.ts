import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '../../sandbox/account.ts';
import type { SandboxExchange } from '../../sandbox/server.ts';
import { ClientError, type LinkResult, type OwnerClient } from '../../src/client/index.ts';
import { fingerprintOf } from '../../src/credentials/credentials.ts';
import { notRefused } from '../support/not-refused.ts';
import type { Environment } from './environment.ts';
import type { CommandName, PlannedFault, PlannedPerson } from './plan.ts';

const dayMs = 86_400_000;
const recordDays = 85;
const rangeTimeoutMs = 60_000;
/** What could not be sent would else be over before the outage is. */
const pauseAfterFailureMs = 700;

/** What must hold of a person's account because it was acknowledged; null where a command ended without an answer. */
export interface Expectation {
  readonly isLinked: boolean | null;
  readonly isPaused: boolean | null;
  /** One of them is in use; null while it is not known. */
  readonly keys: readonly string[] | null;
  readonly isMerged: boolean;
}

/** One user of the platform: sends commands one after another, and remembers what was acknowledged. */
export class Person {
  readonly plan: PlannedPerson;
  readonly owner: OwnerClient;
  readonly #exchange: SandboxExchange;
  readonly #denseMs: number;
  readonly #say: (line: string) => void;
  #key: Credentials;
  /** Of two accounts that turn out to be one, the younger one. */
  #duplicate: string | null = null;
  #accountId: string | null = null;
  #expected: Expectation = { isLinked: false, isPaused: false, keys: null, isMerged: false };

  constructor(environment: Environment, plan: PlannedPerson, say: (line: string) => void) {
    const { exchange } = environment.sandbox;
    this.plan = plan;
    this.owner = environment.client.forOwner(plan.name);
    this.#exchange = exchange;
    this.#say = say;
    this.#key = exchange.addAccount({ name: plan.name });
    const { records, denseTrades } = plan;
    const few = Math.ceil(records / 30);
    exchange.generate(plan.name, {
      spotTrades: Math.ceil(records / 2),
      futuresTrades: Math.ceil(records / 4),
      days: recordDays,
    });
    exchange.generate(plan.name, {
      futuresFlows: Math.ceil(records / 6),
      withdrawals: few,
      deposits: few,
      days: recordDays,
    });
    this.#denseMs = exchange.clockMs() - 20 * dayMs;
    if (denseTrades > 0) {
      exchange.generate(plan.name, {
        spotTrades: denseTrades,
        bursts: 1,
        burstSize: denseTrades,
        endMs: this.#denseMs,
        days: 0.01,
      });
    }
    if (plan.isAnonymous) {
      const endpoint = '/uapi-key/v1/account/info';
      exchange.inject({ fault: 'error', code: 30012, httpStatus: 403, endpoint, account: plan.name });
    }
  }

  get expected(): Expectation {
    return this.#expected;
  }

  /** Everything planned, each command at its time or as soon as the one before it has ended. */
  async act(startedMs: number, ended: AbortSignal, happen: (fault: PlannedFault) => void): Promise<void> {
    for (const { atMs, name, fault } of this.plan.commands) {
      await sleep(Math.max(0, startedMs + atMs - Date.now()), undefined, { signal: ended }).catch(() => {});
      if (ended.aborted) return;
      if (fault !== undefined) happen(fault);
      await this.#carryOut(this.#accountId === null && !name.startsWith('link') ? 'link' : name);
    }
  }

  /** Paused, unlinked or in two: all of it ends with one account that reads. */
  async becomeWhole(): Promise<string> {
    if (this.plan.isAnonymous && this.#duplicate !== null && !this.#expected.isMerged) await this.#carryOut('merge');
    const [account] = await this.owner.list();
    // A command that ended without an answer may still be carried out: what comes after it decides.
    const { isLinked, isPaused } = this.#expected;
    if (account === undefined || account.status === 'unlinked' || isLinked === null) await this.#carryOut('link');
    else this.#accountId = account.accountId;
    const accountId = this.#accountId as string;
    if ((await this.owner.status(accountId)).status === 'paused' || isPaused === null) await this.#carryOut('resume');
    return accountId;
  }

  async #carryOut(name: CommandName): Promise<void> {
    try {
      this.#say(`${this.plan.name}: ${name}: ${await this.#commands[name]()}`);
    } catch (error) {
      this.#say(`${this.plan.name}: ${name}: ${describe(error)}`);
      await sleep(pauseAfterFailureMs);
    }
  }

  readonly #commands: Readonly<Record<CommandName, () => Promise<string>>> = {
    link: async () => this.#linked([notRefused(this.owner.link(this.#key))], [this.#key]),
    'link three times': async () => {
      const key = this.#key;
      return this.#linked(
        [0, 1, 2].map(() => notRefused(this.owner.link(key))),
        [key],
      );
    },
    rotate: () => this.#rotated(),
    'rotate twice': async () => `${await this.#rotated()}, ${await this.#rotated()}`,
    'rotate to a wrong key': async () => {
      const key = this.#exchange.addKey(this.plan.name);
      return (await this.owner.rotate(this.#account(), { ...key, apiSecret: '0'.repeat(64) })).outcome;
    },
    pause: () => this.#paused(true),
    resume: () => this.#paused(false),
    sync: async () => {
      await this.owner.sync(this.#account(), { wait: false });
      return 'requested';
    },
    'sync range': async () => {
      const range = {
        stream: 'spot-trades' as const,
        from: new Date(this.#denseMs - 3_600_000),
        to: new Date(this.#denseMs + 60_000),
      };
      const answer = await this.owner.syncRange(this.#account(), range, { timeoutMs: rangeTimeoutMs });
      if (answer.requests > mostRequestsOfRange) this.endlessRange = answer.requests;
      return `${answer.requests} requests`;
    },
    unlink: () => this.#unlinked(false),
    erase: () => this.#unlinked(true),
    merge: () => this.#merged(),
  };

  /** How many requests a range took that should have taken few; null when none did. */
  endlessRange: number | null = null;

  #account(): string {
    if (this.#accountId === null) throw new ClientError('account-not-found', 'Nothing is linked yet.', 'Link a key.');
    return this.#accountId;
  }

  async #linked(links: readonly Promise<LinkResult>[], keys: readonly Credentials[]): Promise<string> {
    const before = this.#expected;
    const known = keys.map(({ apiKey }) => fingerprintOf(apiKey));
    // Until the answer says otherwise the key may have come or not.
    this.#expect({ isLinked: before.isLinked === true ? true : null, keys: null });
    const settled = await Promise.allSettled(links);
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const accepted = answers.find(({ outcome }) => outcome === 'accepted');
    const stored = accepted ?? answers[0];
    if (stored !== undefined) this.#accountId = stored.accountId;
    if (accepted !== undefined || (stored !== undefined && before.isLinked !== null)) {
      this.#expect({ isLinked: true, keys: known });
    }
    return settled.map((one) => (one.status === 'fulfilled' ? one.value.outcome : describe(one.reason))).join(', ');
  }

  async #rotated(): Promise<string> {
    const accountId = this.#account();
    const key = this.#exchange.addKey(this.plan.name);
    // Of an unlinked account a key that can't be checked yet is kept, and links it once it was.
    this.#expect({ keys: null, ...(this.#expected.isLinked === false && { isLinked: null }) });
    const keys = [fingerprintOf(key.apiKey)];
    try {
      const { outcome } = await this.owner.rotate(accountId, key);
      this.#key = key;
      this.#expect({ keys, ...(outcome === 'accepted' && { isLinked: true }) });
      return outcome;
    } catch (error) {
      // The workflow knew the key. It works and nothing came after it, so it is the one in use in the end.
      if (hasCode(error, ['request-refused']) && this.#expected.isLinked === true) this.#expect({ keys });
      throw error;
    }
  }

  async #paused(isPaused: boolean): Promise<string> {
    const accountId = this.#account();
    try {
      await (isPaused ? this.owner.pause(accountId) : this.owner.resume(accountId));
    } catch (error) {
      if (!hasFailedBeforehand(error) && this.#expected.isPaused !== isPaused) this.#expect({ isPaused: null });
      throw error;
    }
    this.#expect({ isPaused });
    return 'acknowledged';
  }

  async #unlinked(erase: boolean): Promise<string> {
    const accountId = this.#account();
    try {
      await this.owner.unlink(accountId, { erase });
    } catch (error) {
      if (!hasFailedBeforehand(error)) this.#expect({ isLinked: null, isPaused: null, keys: null });
      throw error;
    }
    this.#expect({ isLinked: false, isPaused: false, keys: null });
    if (erase) this.#accountId = null;
    return 'acknowledged';
  }

  async #merged(): Promise<string> {
    const older = this.#account();
    if (this.#expected.isMerged) return 'done before';
    if (this.#duplicate === null) {
      const key = this.#exchange.addKey(this.plan.name);
      const answer = await notRefused(this.owner.link(key));
      this.#duplicate = answer.accountId;
      this.#expect({ keys: null });
      return `the other key: ${answer.outcome}`;
    }
    const { moved, dropped } = await this.owner.merge(this.#duplicate, older);
    this.#expect({ isMerged: true, keys: null });
    return `${moved} moved, ${dropped} dropped`;
  }

  #expect(changes: Partial<Expectation>): void {
    this.#expected = { ...this.#expected, ...changes };
  }
}

/** An hour with one unit that is too dense takes about two hundred requests in the worst order. */
const mostRequestsOfRange = 1_000;

const failedBeforehand: readonly string[] = [
  'account-unlinked',
  'account-not-found',
  'account-paused',
  'account-merged',
  'database-unreachable',
];

/** Before anything was sent to the workflow, from what Postgres says. */
function hasFailedBeforehand(error: unknown): boolean {
  return hasCode(error, failedBeforehand);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof ClientError && codes.includes(error.code);
}

function describe(error: unknown): string {
  return error instanceof ClientError
    ? `${error.code}${error.code === 'request-refused' ? ` (${error.message})` : ''}`
    : String(error);
}
