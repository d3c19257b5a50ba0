import { randomBytes } from 'node:crypto';
import { freePort } from '../../dev/free-port.ts';
import type { Credentials } from '../../sandbox/account.ts';
import type { Explanation } from '../../src/answers/explanation/explanation.ts';
import type { CheckName, CheckResult } from '../../src/cli/diagnosis/check.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { scrape } from '../observability/scrape.ts';
import { compareWithTruth } from '../support/comparison.ts';
import {
  refusedBeyondReach,
  type System,
  type SystemOptions,
  startSystem,
  type WorkerProcess,
} from '../support/system.ts';
import { conditionHolds, type Scrape } from './alert-condition.ts';
import type { Sign } from './sign.ts';

const exchangeAccount = 'the account';
const readWithinMs = 90_000;

/** A worker, an exchange and one account in which everything is well, as an operator sees them. */
export class Scene {
  readonly system: System;
  /** Of this scene alone: an account's workflow is named by owner and key, and all scenes share one Temporal. */
  readonly owner = `alice-${randomBytes(3).toString('hex')}`;
  accountId = '';
  worker: WorkerProcess | null = null;
  #metrics = '';
  #before: Scrape = null;
  #credentials: Credentials | null = null;
  #env: Readonly<Record<string, string>>;

  private constructor(system: System) {
    this.system = system;
    this.#env = system.env;
  }

  static async open(options: SystemOptions = {}): Promise<Scene> {
    const metrics = `127.0.0.1:${await freePort()}`;
    // Everything comes round sooner than in life; nothing else is different.
    const often = { METRICS_ADDRESS: metrics, SYNC_INTERVAL: '4s', REREAD_WINDOW: '1h' };
    const system = await startSystem({
      ...options,
      switches: { ...refusedBeyondReach, ...options.switches },
      workerEnv: { ...often, ...options.workerEnv },
    });
    const scene = new Scene(system);
    scene.#metrics = metrics;
    return scene;
  }

  async startWorker(more: Readonly<Record<string, string>> = {}): Promise<void> {
    this.worker = await this.system.startWorker({ ...this.#env, ...more });
  }

  /** The worker and our commands have these variables from now on. */
  use(more: Readonly<Record<string, string>>): void {
    this.#env = { ...this.#env, ...more };
  }

  /** Opens an account at the exchange and links its key; `more` are its records. */
  async link(records: Parameters<System['sandbox']['exchange']['generate']>[1] = {}): Promise<void> {
    const { exchange } = this.system.sandbox;
    const { apiKey, apiSecret, memo } = exchange.addAccount({ name: exchangeAccount });
    exchange.generate(exchangeAccount, {
      spotTrades: 300,
      futuresTrades: 120,
      withdrawals: 8,
      deposits: 8,
      days: 85,
      ...records,
    });
    this.#credentials = { apiKey, apiSecret, memo };
    const answer = await this.succeed(['--owner', this.owner, 'link', '--label', 'My BitMart'], {
      apiKey,
      apiSecret,
      memo,
    });
    this.accountId = answer.accountId as string;
  }

  /** Links an account, and waits until it is read through. */
  async linkAndRead(): Promise<void> {
    await this.link();
    const deadlineMs = Date.now() + readWithinMs;
    while ((await this.succeed(['status', this.accountId])).status !== 'live') {
      if (Date.now() > deadlineMs) throw new Error('The account was not read through in time.');
    }
  }

  /** Of the key that was linked. */
  get credentials(): Credentials {
    if (this.#credentials === null) throw new Error('No key is linked.');
    return this.#credentials;
  }

  /** A new key of the same account, as its user would make it. */
  newKey() {
    const { apiKey, apiSecret, memo } = this.system.sandbox.exchange.addKey(exchangeAccount);
    return { apiKey, apiSecret, memo };
  }

  /** Trades of the last minutes, by the exchange's clock. */
  trade(count: number, days = 0.001): void {
    const { exchange } = this.system.sandbox;
    exchange.generate(exchangeAccount, { spotTrades: count, days, endMs: exchange.clockMs() - 1_000 });
  }

  /** Runs a command of ours, which must succeed; answers its document. */
  async succeed(args: readonly string[], stdin?: unknown): Promise<Record<string, unknown>> {
    const withOwner =
      args.includes('--owner') || !args.includes(this.accountId) ? args : ['--owner', this.owner, ...args];
    const ended = await runCommandLine([...withOwner, '--json'], {
      env: this.#env,
      stdin: JSON.stringify(stdin ?? null),
    });
    if (ended.status !== 0)
      throw new Error(`${args.join(' ')} ended with ${ended.status}: ${ended.stdout}${ended.stderr}`);
    return documentOf(ended);
  }

  /** The condition of an alert in observability/alerts.yml; rates are taken since the last time that it was reset. */
  alert(name: string): Sign {
    return {
      name: `alert ${name}`,
      isSeen: async () => conditionHolds(name, this.#before, await this.#scrape()),
    };
  }

  /** From now on rates begin anew. */
  async resetRates(): Promise<void> {
    this.#before = await this.#scrape();
  }

  explains(cause: string): Sign {
    return {
      name: `explain: ${cause}`,
      isSeen: async () => (await this.#explanation()).findings.some((finding) => finding.cause === cause),
    };
  }

  doctorFails(check: CheckName): Sign {
    return {
      name: `doctor: ${check}`,
      isSeen: async () => {
        const ended = await runCommandLine(['doctor', '--json'], { env: this.#env });
        const { checks } = documentOf(ended) as unknown as { checks: readonly CheckResult[] };
        return checks.some(({ name, ok, skipped }) => name === check && !ok && !skipped);
      },
    };
  }

  lists(args: readonly string[]): Sign {
    return {
      name: `list ${args.join(' ')}`,
      isSeen: async () => {
        const { accounts } = await this.succeed(['list', ...args]);
        return (accounts as { accountId: string }[]).some(({ accountId }) => accountId === this.accountId);
      },
    };
  }

  /** The command that `explain` gives for a cause. */
  async commandOf(cause: string): Promise<string> {
    const finding = (await this.#explanation()).findings.find((each) => each.cause === cause);
    if (!finding?.command) throw new Error(`explain gives no command for ${cause}.`);
    return finding.command;
  }

  /** Why the account is not live, complete and the same as the exchange's truth; null when it is. */
  async whatIsWrong(): Promise<string | null> {
    const { complete, status, summary, findings } = await this.#explanation();
    if (status !== 'live' || !complete) {
      return `${status}: ${summary} ${findings.map(({ sentence }) => sentence).join(' ')}`;
    }
    const { lost, surplus } = await compareWithTruth(this.system.sandbox, this.system.database, {
      exchangeAccount,
      accountId: this.accountId,
    });
    const isSame = Object.keys(lost).length === 0 && Object.keys(surplus).length === 0;
    return isSame ? null : `lost ${JSON.stringify(lost)}, surplus ${JSON.stringify(surplus)}`;
  }

  close(): Promise<void> {
    return this.system.close();
  }

  async #explanation(): Promise<Explanation> {
    return (await this.succeed(['explain', this.accountId])) as unknown as Explanation;
  }

  #scrape(): Promise<Scrape> {
    return scrape(this.#metrics).catch(() => null);
  }
}
