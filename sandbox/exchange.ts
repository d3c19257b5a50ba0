import { Account, type Credentials, changeKey, type Key, type KeyChanges, type KeyOptions, newKey } from './account.ts';
import type { Wallet } from './books.ts';
import { capturedRows } from './captured.ts';
import { type CompleteRow, completeRow } from './complete-row.ts';
import { FaultBook } from './fault-book.ts';
import type { FaultOptions } from './faults.ts';
import type { Holder } from './gate.ts';
import { type Generated, type GenerateOptions, generatedRows } from './generate.ts';
import { Random } from './random.ts';
import { RateLimits } from './rate-limits.ts';
import { TrueRecord } from './record.ts';
import { chosenBy, type RecordChoice } from './record-choice.ts';
import { type Counts, type LoggedRequest, RequestLog } from './request-log.ts';
import { Ids } from './rows/ids.ts';
import { type StreamName, streamNamed, streamNames, streams } from './streams/index.ts';
import { changedSwitches, defaultSwitches, type Switches } from './switches.ts';
import { type ServedRecord, servedRecord, type TrueRow, trueRow } from './truth.ts';
import type { GivenRow, WireRow } from './wire-text.ts';

/** The exchange itself, which owns the truth: accounts, keys, every record, and how all of it is served. */
export class SandboxExchange {
  readonly seed: number;
  readonly faults = new FaultBook();
  readonly requests = new RequestLog();
  readonly limits = new RateLimits();
  readonly keys = new Map<string, Holder>();
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();
  readonly #random: Random;
  readonly #ids: Ids;
  readonly #generations = new Map<string, number>();
  #switches: Switches;
  #records = 0;

  constructor(options: ExchangeOptions) {
    this.seed = options.seed;
    this.#now = options.now;
    this.#random = new Random(options.seed, 'exchange');
    this.#ids = new Ids(new Random(options.seed, 'ids'));
    this.#switches = changedSwitches(defaultSwitches, options.switches);
  }

  /** Our clock. */
  nowMs(): number {
    return this.#now();
  }

  /** The exchange's own clock. */
  clockMs(): number {
    return this.#now() + this.#switches.clockOffsetMs;
  }

  get switches(): Switches {
    return this.#switches;
  }

  setSwitches(changes: Partial<Switches>): void {
    this.#switches = changedSwitches(this.#switches, changes);
  }

  /** Opens an account with one key. */
  addAccount(options: AccountOptions = {}): AddedAccount {
    const name = options.name ?? `account-${this.#accounts.size + 1}`;
    if (this.#accounts.has(name)) throw new Error(`There is an account "${name}" already.`);
    const yearMs = 365 * 86_400_000;
    const account = new Account({
      name,
      cid: options.cid ?? this.#random.digits(8),
      accountType: options.accountType ?? 'main',
      futuresOpened: options.futuresOpened ?? true,
      registeredMs: this.clockMs() - 3 * yearMs,
    });
    this.#accounts.set(name, account);
    return { name, cid: account.cid, ...this.addKey(name, options) };
  }

  /** One more key that reads the same account. */
  addKey(accountName: string, options: KeyOptions = {}): Credentials {
    const account = this.account(accountName);
    const key = newKey(options, this.#random, this.clockMs());
    if (this.keys.has(key.apiKey)) throw new Error('There is such a key already.');
    account.keys.add(key);
    this.keys.set(key.apiKey, { account, key });
    return { apiKey: key.apiKey, apiSecret: key.apiSecret, memo: key.memo };
  }

  /** The key is unknown from now on. */
  removeKey(apiKey: string): void {
    const { account, key } = this.#holder(apiKey);
    account.keys.delete(key);
    this.keys.delete(apiKey);
  }

  /** Freezes a key, lets it expire, ties it to addresses, changes its rights. */
  changeKey(apiKey: string, changes: KeyChanges): Key {
    const { key } = this.#holder(apiKey);
    changeKey(key, changes);
    return key;
  }

  /** Adds records; what a row does not say comes from the seed. */
  add(accountName: string, stream: StreamName, rows: readonly GivenRow[]): TrueRow[] {
    const account = this.account(accountName);
    return rows.map((row) => trueRow(this.#add(account, streamNamed(stream), row, this.#random)));
  }

  /** A record goes on to another state: a withdrawal's status, mostly. */
  change(accountName: string, stream: StreamName, id: string, fields: WireRow): TrueRow {
    const account = this.account(accountName);
    const record = account.record(streamNamed(stream), id);
    record.change(fields, this.clockMs());
    account.revision++;
    return trueRow(record);
  }

  /** Answers leave these records out from now on, though they stay true. */
  vanish(accountName: string, choice: RecordChoice): TrueRow[] {
    return this.#setVanished(accountName, choice, this.clockMs());
  }

  /** Answers hold these records again. */
  restore(accountName: string, choice: RecordChoice): TrueRow[] {
    return this.#setVanished(accountName, choice, null);
  }

  /** Makes up so many records. The same seed, account name and options make up the same ones. */
  generate(accountName: string, options: GenerateOptions): Generated {
    const account = this.account(accountName);
    const generation = (this.#generations.get(accountName) ?? 0) + 1;
    this.#generations.set(accountName, generation);
    const random = new Random(this.seed, 'generate', accountName, generation);
    const counts: Record<string, number> = {};
    for (const { stream, row } of generatedRows({ ...options, clockMs: this.clockMs() }, random, this.#ids)) {
      this.#add(account, stream, row, random);
      counts[stream] = (counts[stream] ?? 0) + 1;
    }
    return counts;
  }

  /** Adds the captured records of real accounts, moved so that the youngest lie shortly before `endMs`. */
  addCaptured(accountName: string, endMs: number = this.clockMs()): TrueRow[] {
    const account = this.account(accountName);
    return capturedRows(endMs).map(({ stream, row, isPartial }) => {
      // Captures of futures are from before rows named their part.
      const complete = isPartial
        ? completeRow(stream, { ...row, account: undefined }, this.#random, this.#ids)
        : { row, part: streams[stream].parts[0] as string, visibleFromMs: null };
      return trueRow(this.#keep(account, stream, complete));
    });
  }

  /** Every record that happened until now, in its latest state. */
  truth(accountName: string): TrueRow[] {
    return this.#happened(accountName).map(trueRow);
  }

  /** What a wallet held before the account's first record; until this is said, enough to keep it from falling below zero. */
  setOpening(accountName: string, wallet: Wallet, coin: string, amount: string): void {
    this.account(accountName).books.setOpening(wallet, coin, amount);
  }

  /** Of every record that happened until now: since when and how long it can be served, and to which keys it was. */
  served(accountName: string): ServedRecord[] {
    return this.#happened(accountName).map((record) =>
      servedRecord(record, this.#switches, this.faults.withholds(record, accountName)),
    );
  }

  /** Lets something go wrong; answers the id by which it can be taken back. */
  inject(options: FaultOptions): string {
    return this.faults.inject(options);
  }

  clearFaults(id?: string): void {
    this.faults.clear(id);
  }

  /** The last requests, oldest first. */
  get log(): readonly LoggedRequest[] {
    return this.requests.entries;
  }

  counts(): Counts {
    return this.requests.counts();
  }

  account(name: string): Account {
    const account = this.#accounts.get(name);
    if (!account) throw new Error(`There is no account "${name}".`);
    return account;
  }

  #happened(accountName: string): TrueRecord[] {
    const clockMs = this.clockMs();
    const records = [...this.account(accountName).all()].filter((record) => record.timeMs <= clockMs);
    const rank = (record: TrueRecord) => streamNames.indexOf(record.stream);
    return records.sort((a, b) => rank(a) - rank(b) || a.timeMs - b.timeMs || a.sequence - b.sequence);
  }

  #setVanished(accountName: string, choice: RecordChoice, vanishedAtMs: number | null): TrueRow[] {
    const records = chosenBy(choice, this.account(accountName).all());
    for (const record of records) record.vanishedAtMs = vanishedAtMs;
    return records.map(trueRow);
  }

  #add(account: Account, stream: StreamName, given: GivenRow, random: Random): TrueRecord {
    return this.#keep(account, stream, completeRow(stream, given, random, this.#ids));
  }

  #keep(account: Account, stream: StreamName, complete: CompleteRow): TrueRecord {
    this.#records++;
    const record = new TrueRecord({ stream, ...complete, sequence: this.#records });
    account.add(record);
    return record;
  }

  #holder(apiKey: string): Holder {
    const holder = this.keys.get(apiKey);
    if (!holder) throw new Error('There is no such key.');
    return holder;
  }
}

interface ExchangeOptions {
  readonly seed: number;
  readonly now: () => number;
  readonly switches: Partial<Switches>;
}

export interface AccountOptions extends KeyOptions {
  /** The name by which calls of the sandbox refer to the account. @default 'account-1' and so on */
  readonly name?: string;
  /** The exchange's own id of the account. @default from the seed */
  readonly cid?: string;
  /** @default 'main' */
  readonly accountType?: 'main' | 'sub';
  /** @default true */
  readonly futuresOpened?: boolean;
}

export interface AddedAccount extends Credentials {
  readonly name: string;
  readonly cid: string;
}
