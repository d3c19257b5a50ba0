import { Books } from './books.ts';
import type { Random } from './random.ts';
import type { TrueRecord } from './record.ts';
import { RecordList } from './record-list.ts';
import type { Service } from './rows/markets.ts';
import { type StreamName, streams } from './streams/index.ts';

/** One account of the exchange: its keys and everything that ever happened in it. */
export class Account {
  readonly name: string;
  readonly cid: string;
  readonly accountType: 'main' | 'sub';
  readonly futuresOpened: boolean;
  readonly registeredMs: number;
  readonly keys = new Set<Key>();
  readonly books = new Books(this);
  /** Counts what changes its history. */
  revision = 0;
  readonly #lists = new Map<string, RecordList>();
  readonly #byId = new Map<string, TrueRecord>();
  readonly #symbols = new Map<Service, Set<string>>();

  constructor(of: AccountFacts) {
    this.name = of.name;
    this.cid = of.cid;
    this.accountType = of.accountType;
    this.futuresOpened = of.futuresOpened;
    this.registeredMs = of.registeredMs;
  }

  records(stream: StreamName, part: string): RecordList {
    const name = `${stream}/${part}`;
    let list = this.#lists.get(name);
    if (!list) {
      list = new RecordList();
      this.#lists.set(name, list);
    }
    return list;
  }

  add(record: TrueRecord): void {
    this.revision++;
    this.records(record.stream, record.part).add(record);
    this.#byId.set(`${record.stream}/${record.id}`, record);
    const { service, symbolField } = streams[record.stream];
    this.#symbols.set(service, this.symbols(service).add(String(record.row[symbolField])));
  }

  /** The symbols (movements: currencies) that it has records of. */
  symbols(service: Service): Set<string> {
    return this.#symbols.get(service) ?? new Set();
  }

  /** The record of that id; of several with one id, the last. */
  record(stream: StreamName, id: string): TrueRecord {
    const record = this.#byId.get(`${stream}/${id}`);
    if (!record) throw new Error(`Account "${this.name}" has no ${stream} record ${id}.`);
    return record;
  }

  lists(): Iterable<RecordList> {
    return this.#lists.values();
  }

  /** Everything that ever happened, stream by stream, oldest first. */
  *all(): Iterable<TrueRecord> {
    for (const list of this.#lists.values()) yield* list.all();
  }
}

interface AccountFacts {
  readonly name: string;
  readonly cid: string;
  readonly accountType: 'main' | 'sub';
  readonly futuresOpened: boolean;
  readonly registeredMs: number;
}

export interface Key {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
  readonly createdMs: number;
  permissions: readonly string[];
  /** Calls from elsewhere are refused; empty: from anywhere. */
  allowedAddresses: readonly string[];
  expiresAtMs: number | null;
  status: 'active' | 'frozen';
  /** Streams that this key may not read. */
  streamsRefused: readonly StreamName[];
}

/** What may be said of a key; the rest comes from the seed. */
export interface KeyOptions {
  readonly apiKey?: string;
  readonly apiSecret?: string;
  readonly memo?: string;
  /** As the exchange tells them; reading can't be left out. @default ['Read-Only'] */
  readonly permissions?: readonly string[];
  readonly allowedAddresses?: readonly string[];
  readonly expiresAtMs?: number | null;
  readonly status?: 'active' | 'frozen';
  readonly streamsRefused?: readonly StreamName[];
}

export type KeyChanges = Omit<KeyOptions, 'apiKey' | 'apiSecret' | 'memo'>;

/** A key as a user gets to see it, once. */
export interface Credentials {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
}

export function newKey(options: KeyOptions, random: Random, createdMs: number): Key {
  const key: Key = {
    apiKey: options.apiKey ?? random.hex(40),
    apiSecret: options.apiSecret ?? random.hex(64),
    memo: options.memo ?? `sandbox${random.digits(4)}`,
    createdMs,
    permissions: ['Read-Only'],
    allowedAddresses: [],
    expiresAtMs: null,
    status: 'active',
    streamsRefused: [],
  };
  changeKey(key, options);
  return key;
}

export function changeKey(key: Key, changes: KeyChanges): void {
  if (changes.permissions) key.permissions = [...new Set(['Read-Only', ...changes.permissions])];
  if (changes.allowedAddresses) key.allowedAddresses = changes.allowedAddresses;
  if (changes.expiresAtMs !== undefined) key.expiresAtMs = changes.expiresAtMs;
  if (changes.status) key.status = changes.status;
  if (changes.streamsRefused) key.streamsRefused = changes.streamsRefused;
}
