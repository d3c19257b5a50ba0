import type { Flaw, PlannedRecord, PlannedStream, RecordState, StreamName } from './plan.ts';
import type { PlannedTime } from './plan-exchange.ts';
import type { Random } from './random.ts';
import { isList, pairOf, pairs, partsOf } from './streams.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

type Unnumbered = Omit<PlannedRecord, 'number'>;

/** A stream's records: what was there when the account was linked, and what happens between its syncs. */
export function planRecords(
  stream: PlannedStream,
  starts: readonly number[],
  calmFromMs: number,
  random: Random,
  short: boolean,
): Unnumbered[] {
  const linkedAtMs = starts[0] as number;
  const historyMs = random.pick([30, 89, 120, 280, 500]) * dayMs;
  const records: Unnumbered[] = [];
  // Some exchanges list days later again and again.
  const isTardy = random.chance(0.1);
  const add = (fromMs: number, toMs: number, amount: number) => {
    for (const at of instants(random, fromMs, toMs, amount)) {
      addRecord(records, stream, asServed(stream, at), random, isTardy);
    }
  };
  add(linkedAtMs - historyMs, linkedAtMs, random.pick(short ? [0, 1, 5, 40, 150] : [0, 1, 5, 40, 150, 300]));
  for (const [cycle, fromMs] of starts.entries()) {
    add(fromMs, starts[cycle + 1] ?? calmFromMs, random.pick([0, 0, 1, 10, 30]));
  }
  // In the calm at the end as well: what comes late then must be found without any help.
  add(calmFromMs, calmFromMs + 3 * dayMs, random.pick([0, 2, 8]));
  return records;
}

/** Listed days late, and just before the exchange closes: only what is read again by then finds them. */
export function lateBeforeEnd(random: Random, stream: PlannedStream, endMs: number): Unnumbered[] {
  return Array.from({ length: random.pick([0, 2, 4]) }, () => {
    const listedMs = endMs - random.between(73, 120) * hourMs;
    const at = asServed(stream, listedMs - random.between(30, 300) * hourMs);
    return { ...newRecord(stream, at, random, false), at, delayMs: listedMs - at };
  });
}

/** A list has whole seconds, and nothing else distinguishes its records. */
function asServed({ name }: PlannedStream, atMs: number): number {
  return isList(name) ? Math.floor(atMs / 1_000) * 1_000 : atMs;
}

/** Some records are no longer served from some moment on. */
export function vanishing(
  random: Random,
  records: readonly PlannedRecord[],
  { linkedAtMs, calmFromMs }: PlannedTime,
): readonly PlannedRecord[] {
  // Of equal flows it would be unknown which one is gone, and a list that omits a record is none as long as it holds older ones.
  const reported = records.filter(({ stream }) => stream !== 'futures-flows' && !isList(stream));
  if (reported.length === 0 || !random.chance(0.15)) return records;
  const gone = new Set(Array.from({ length: random.between(1, 8) }, () => random.pick(reported).number));
  return records.map((record) => {
    if (!gone.has(record.number) || record.goneFromMs !== null) return record;
    return { ...record, goneFromMs: Math.max(record.at + record.delayMs + 1, random.between(linkedAtMs, calmFromMs)) };
  });
}

/** Some records are served under another time from some moment on: each is two in the plan, of which one follows the other. */
export function withTwins(
  random: Random,
  records: readonly PlannedRecord[],
  { linkedAtMs, calmFromMs }: PlannedTime,
): readonly PlannedRecord[] {
  const eligible = records.filter(({ stream, at, goneFromMs, flaw, delayMs }) => {
    return (
      stream !== 'futures-flows' &&
      !isList(stream) &&
      at < linkedAtMs - 4 * dayMs &&
      goneFromMs === null &&
      flaw === null &&
      delayMs === 0
    );
  });
  if (eligible.length === 0 || !random.chance(0.08)) return records;
  const chosen = random.shuffle(eligible).slice(0, random.between(1, 3));
  const fromMs = random.between(linkedAtMs - 10 * dayMs, calmFromMs);
  const lastNumber = Math.max(...records.map(({ number }) => number));
  const duplicates = chosen.map((record, i): PlannedRecord => {
    const at = record.at + random.pick([1, 1_000, random.between(-3 * 86_400, 3 * 86_400) * 1_000 + 7]);
    return { ...record, number: lastNumber + 1 + i, at, delayMs: Math.max(0, fromMs - at) };
  });
  return [
    ...records.map((record) => (chosen.includes(record) ? { ...record, goneFromMs: fromMs } : record)),
    ...duplicates,
  ];
}

/**
 * More records in one unit than an answer holds, after one of their pairs was taken off the list: what divides the unit by
 * symbol asks for that pair as well.
 */
export function denseAfterDelisting(
  random: Random,
  stream: PlannedStream,
  { symbol, part }: Pick<PlannedRecord, 'symbol' | 'part'>,
  at: number,
): Unnumbered[] {
  const others = symbols[stream.name].filter((each) => each !== symbol);
  return Array.from({ length: stream.cap + 3 }, () => {
    const record = newRecord(stream, at, random, false);
    const states = record.states.slice(0, 1).map(({ fromMs }) => ({ fromMs, status: '3' }));
    // Alike in all that proves a unit, so that only symbols are left to divide it by.
    return { ...record, at, part, symbol: random.pick(others), mode: 'spot', states, delayMs: 0, flaw: null };
  });
}

function instants(random: Random, fromMs: number, toMs: number, amount: number): number[] {
  const bursts = Array.from({ length: random.between(1, 4) }, () => fromMs + random.next() * (toMs - fromMs));
  const dense = random.chance(0.2);
  return Array.from({ length: amount }, () => {
    const spread = random.pick(['even', 'burst', 'edge', 'same-unit'] as const);
    let at = Math.floor(fromMs + random.next() * (toMs - fromMs));
    if (spread === 'burst') at = Math.floor(random.pick(bursts) + random.next() * 60_000);
    if (spread === 'edge') at = Math.floor(at / hourMs) * hourMs;
    if (spread === 'same-unit' && dense) at = Math.floor(bursts[0] as number);
    return Math.min(Math.max(at, fromMs), toMs - 1);
  });
}

function addRecord(records: Unnumbered[], stream: PlannedStream, at: number, random: Random, isTardy: boolean): void {
  const before = records.at(-1);
  const record = newRecord(stream, at, random, isTardy);
  const isTrade = stream.name === 'spot-trades' || stream.name === 'futures-trades';
  if (before && isTrade && random.chance(0.06)) {
    // A self-trade: one trade, two orders.
    const { symbol, tradeId, part, price, size } = before;
    records.push({ ...record, at: before.at, symbol, tradeId, part, price, size, buys: !before.buys });
  } else if (before && isTrade && random.chance(0.02) && before.symbol !== record.symbol) {
    // The scope of trade ids is not documented: another market may use the same one.
    records.push({ ...record, tradeId: before.tradeId });
  } else if (before && stream.name === 'futures-flows' && random.chance(0.15)) {
    // Equal in everything: only counting tells that it happened twice.
    records.push(before);
  } else records.push(record);
}

function newRecord({ name }: PlannedStream, at: number, random: Random, isTardy: boolean): Unnumbered {
  const isMovement = name === 'withdrawals' || name === 'deposits';
  const isTransfer = name === 'transfers';
  const states =
    isMovement || isTransfer
      ? movementStates(at, random)
      : name === 'futures-flows'
        ? [{ fromMs: at, status: random.pick(['1', '2', '3', '3', '4', '5']) }]
        : isList(name)
          ? [{ fromMs: at, status: '3' }]
          : tradeStates(at, random);
  const digits = (amount: number) => Array.from({ length: amount }, () => random.between(0, 9)).join('');
  const part =
    name === 'futures-trades' || name === 'futures-flows'
      ? random.pick(['futures', 'futures', 'copy_trading'])
      : name === 'earn-records' || name === 'margin-loans'
        ? random.pick(partsOf(name))
        : 'all';
  return {
    stream: name,
    part,
    at,
    delayMs: delay(random, isTardy),
    goneFromMs: null,
    symbol: pairOf({ stream: name, part }) ?? random.pick(symbols[name]),
    mode: random.chance(0.3) ? 'iso_margin' : 'spot',
    tradeId: name === 'futures-flows' ? `${at}` : `9${digits(17)}`,
    orderId: `8${digits(17)}`,
    buys: random.chance(0.5),
    price: decimal(random),
    size: name === 'futures-flows' || isList(name) ? unlikeAnyOther(random) : decimal(random),
    fee: random.chance(0.1) ? '' : random.chance(0.1) ? `-${decimal(random)}` : decimal(random),
    states,
    // The one word of earn records is a part of their own, and loans have none.
    flaw: name === 'earn-records' || name === 'margin-loans' ? null : flaw(states, random),
    spacing: random.chance(0.2) ? 'some' : 'none',
  };
}

const codes = ['BTC', 'USDT-TRC20', 'BMX', 'A-B-ERC20'] as const;

const symbols: Readonly<Record<StreamName, readonly string[]>> = {
  withdrawals: codes,
  deposits: codes,
  transfers: ['USDT', 'BTC'],
  'earn-records': ['USDT', 'BTC', 'ETH'],
  'margin-loans': pairs,
  'sub-account-transfers': ['USDT', 'BTC'],
  'spot-trades': ['BTC_USDT', 'ETH_USDT', 'LTC_USDT'],
  'futures-trades': ['BTCUSDT', 'ETHUSDT', 'LTCUSDT'],
  'futures-flows': ['BTCUSDT', 'ETHUSDT', 'LTCUSDT'],
};

function flaw(states: readonly RecordState[], random: Random): Flaw | null {
  if (random.chance(0.006)) return random.pick<Flaw>(['empty-id', 'unreadable-time', 'unreadable-amount']);
  // The new word stands in the place of the state, so that such a record has only one.
  return states.length === 1 && random.chance(0.008) ? 'new-word' : null;
}

/** Mostly none; now and then hours, as promised; seldom days, which is more than anybody expects at first. */
function delay(random: Random, isTardy: boolean): number {
  if (isTardy && random.chance(0.15)) return random.between(24, 100) * hourMs;
  if (random.chance(0.92)) return random.chance(0.8) ? 0 : random.between(0, 9_000);
  return random.chance(0.75) ? random.between(0, 20 * hourMs) : random.between(24, 240) * hourMs;
}

/** Any number of digits, with zeros in front of the end that must not be lost. */
function decimal(random: Random): string {
  const whole = random.pick(['0', '0', '7', `${random.between(1, 99_999)}`, '12345678901234567890123']);
  const places = random.pick([0, 1, 2, 8, 8, 18, 30]);
  const digits = Array.from({ length: places }, () => random.pick([0, 0, random.between(0, 9)])).join('');
  return places === 0 ? whole : `${whole}.${digits}`;
}

/** Equal amounts that are written differently would be equal flows. */
function unlikeAnyOther(random: Random): string {
  const amount = decimal(random);
  return `${amount}${amount.includes('.') ? '' : '.'}${random.between(1, 999_999_999)}${random.between(1, 9)}`;
}

function movementStates(at: number, random: Random): RecordState[] {
  const first = { fromMs: at, status: random.pick(['3', '3', '3', '4', '5']) };
  if (random.chance(0.6)) return [first];
  const states: RecordState[] = [{ fromMs: at, status: random.pick(['0', '1']) }];
  let fromMs = at;
  for (const status of random.pick([['2', '3'], ['3'], ['2', '5'], ['2', '2', '3'], ['4']])) {
    fromMs += random.chance(0.8) ? random.between(1, 200) * hourMs : random.between(5, 60) * dayMs;
    states.push({ fromMs, status });
  }
  return states;
}

function tradeStates(at: number, random: Random): RecordState[] {
  const states: RecordState[] = [{ fromMs: at, status: '1' }];
  if (random.chance(0.04)) states.push({ fromMs: at + random.between(1, 15) * hourMs, status: '2' });
  return states;
}
