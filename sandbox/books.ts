import type { TrueRecord } from './record.ts';
import type { RecordList } from './record-list.ts';
import { type Decimal, decimalOf, minus, plus, zero } from './rows/decimal.ts';
import { coins } from './rows/markets.ts';
import type { StreamName } from './streams/index.ts';
import type { WireRow } from './wire-text.ts';

/** Each pair on isolated margin is a wallet of its own. */
export type Wallet = 'spot' | 'futures' | 'copy_trading' | `isolated-margin/${string}`;

/** What a wallet holds of one coin, as a whole number of its smallest digit. */
export interface Holding {
  readonly available: Decimal;
  /** Withdrawals that are under way. */
  readonly frozen: Decimal;
}

interface Movement {
  readonly wallet: Wallet;
  readonly coin: string;
  readonly amount: Decimal;
  readonly atMs: number;
  /** Amount that is frozen from `frozenMs` until `atMs`. */
  readonly frozenMs?: number;
}

const never = Number.POSITIVE_INFINITY;

/** What each kind of record moves. A stream that moves nothing, or tells again what another one tells, is not listed. */
const movementsOf: Partial<Record<StreamName, (record: TrueRecord) => readonly Movement[]>> = {
  'spot-trades': ({ row, timeMs }) => {
    const [base = '', quote = ''] = String(row.symbol).split('_');
    const bought = row.side === 'buy';
    const wallet = row.orderMode === 'iso_margin' ? (`isolated-margin/${row.symbol}` as const) : 'spot';
    return [
      { wallet, coin: base, amount: signed(row.size, bought), atMs: timeMs },
      { wallet, coin: quote, amount: signed(row.notional, !bought), atMs: timeMs },
      { wallet, coin: String(row.feeCoinName), amount: signed(row.fee, false), atMs: timeMs },
    ];
  },
  deposits: (record) => {
    const { row } = record;
    return [{ wallet: 'spot', coin: coinOf(row), amount: signed(row.arrival_amount, true), atMs: succeededMs(record) }];
  },
  // Its amount is frozen at the request and leaves when it has succeeded.
  withdrawals: (record) => {
    const { row, timeMs: frozenMs } = record;
    const times = { atMs: succeededMs(record), frozenMs };
    return [row.arrival_amount, row.fee].map((amount) => ({
      wallet: 'spot',
      coin: coinOf(row),
      amount: signed(amount, false),
      ...times,
    }));
  },
  // A transfer leaves the spot wallet for the futures or the copy trading account, or the other way round.
  'futures-flows': ({ row, part, timeMs }) => {
    const wallet = part === 'copy_trading' ? 'copy_trading' : 'futures';
    const coin = String(row.asset);
    const flow: Movement = { wallet, coin, amount: signed(row.amount, true), atMs: timeMs };
    if (row.flow_type !== 1) return [flow];
    return [flow, { wallet: 'spot', coin, amount: signed(row.amount, false), atMs: timeMs }];
  },
  // Interest of flexible savings is paid out, that of fixed ones stays in them.
  'earn-records': ({ row, part, timeMs }) => {
    if (part === 'fixed-interest') return [];
    const amount = signed(row.amount, row.type !== 'subscribe');
    return [{ wallet: 'spot', coin: String(row.coinName), amount, atMs: timeMs }];
  },
};

/** The records that move what an account holds. */
interface History {
  /** Counts what changes them. */
  readonly revision: number;
  lists(): Iterable<RecordList>;
}

/** What an account holds: what it had at first, and what its records have moved since. */
export class Books {
  readonly #account: History;
  readonly #opening = new Map<string, Decimal>();
  #last: { readonly records: number; readonly untilMs: number; readonly totals: ReadonlyMap<string, Totals> } | null =
    null;

  constructor(account: History) {
    this.#account = account;
  }

  /** What a wallet held before the first record. Not given, it is enough to keep the wallet from ever holding less than its default. */
  setOpening(wallet: Wallet, coin: string, amount: string): void {
    this.#opening.set(`${wallet}/${coin}`, decimalOf(amount));
  }

  /** What a wallet holds at an instant, by coin. */
  holdings(wallet: Wallet, clockMs: number): ReadonlyMap<string, Holding> {
    const totals = this.#totals(clockMs);
    const ofWallet = [...Object.keys(defaults[wallet] ?? {}).map((coin) => `${wallet}/${coin}`)];
    const names = [...ofWallet, ...totals.keys(), ...this.#opening.keys()].filter((name) =>
      name.startsWith(`${wallet}/`),
    );
    const held = new Map<string, Holding>();
    for (const name of new Set(names)) {
      const coin = name.slice(wallet.length + 1);
      const { moved = zero, frozen = zero, lowest = zero } = totals.get(name) ?? {};
      // Fixed when it is served for the first time, so that nothing but records moves what is served.
      const opening = this.#opening.get(name) ?? minus(decimalOf(defaults[wallet]?.[coin] ?? '0'), lowest);
      this.#opening.set(name, opening);
      held.set(coin, { available: minus(plus(opening, moved), frozen), frozen });
    }
    return held;
  }

  /** Of every wallet and coin, record by record, because an account may have a million of them. */
  #totals(clockMs: number): ReadonlyMap<string, Totals> {
    const { revision: records } = this.#account;
    if (this.#last && this.#last.records === records && clockMs < this.#last.untilMs) return this.#last.totals;
    const totals = new Map<string, Totals>();
    let untilMs = never;
    for (const list of this.#account.lists()) {
      const inList = new Map<string, { running: Decimal; lowest: Decimal }>();
      for (const record of list.all()) {
        for (const { wallet, coin, amount, atMs, frozenMs = never } of movementsOf[record.stream]?.(record) ?? []) {
          const name = `${wallet}/${coin}`;
          const total = totals.get(name) ?? { moved: zero, frozen: zero, lowest: zero };
          totals.set(name, total);
          if (atMs <= clockMs) total.moved = plus(total.moved, amount);
          else if (frozenMs <= clockMs) total.frozen = minus(total.frozen, amount);
          for (const changesMs of [atMs, frozenMs]) if (changesMs > clockMs) untilMs = Math.min(untilMs, changesMs);
          const course = inList.get(name) ?? { running: zero, lowest: zero };
          inList.set(name, course);
          course.running = plus(course.running, amount);
          if (minus(course.running, course.lowest).units < 0n) course.lowest = course.running;
        }
      }
      // No stream alone takes more than this, so that all of them together don't take more than their sum.
      for (const [name, { lowest }] of inList) {
        const total = totals.get(name) as Totals;
        total.lowest = plus(total.lowest, lowest);
      }
    }
    this.#last = { records, untilMs, totals };
    return totals;
  }
}

interface Totals {
  moved: Decimal;
  frozen: Decimal;
  lowest: Decimal;
}

const defaults: Partial<Record<Wallet, Readonly<Record<string, string>>>> = {
  spot: { USDT: '1000.00000000', BMX: '59.000000000000' },
  futures: { USDT: '100', BTC: '0', ETH: '0' },
};

/** When it succeeded: at its own time, or when it changed to that; never while it has not. */
function succeededMs(record: TrueRecord): number {
  return record.sinceMs(({ status }) => Number(status) === 3) ?? never;
}

/** The coin of a code that names a network. */
function coinOf({ currency }: WireRow): string {
  const code = String(currency);
  return coins.find((coin) => coin.currency === code)?.coin ?? (code.split('-')[0] as string);
}

function signed(text: unknown, isIn: boolean): Decimal {
  const plain = String(text);
  const { units, digits } = decimalOf(plain.replace('-', ''));
  return { units: plain.startsWith('-') === isIn ? -units : units, digits };
}
