import type { Range } from '../history/range-set.ts';
import { type Decimal, decimalOf, isBelow, minus, plus, sum, usedDigits, zero } from './decimal.ts';

/** A wallet's balances at an instant between request and answer, by the exchange's clock. */
export interface Snapshot {
  readonly wallet: string;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  /** Why there is no balance: the key may not read this wallet, or the answer can't be read. Null if there is one. */
  readonly silence: 'balance-refused' | 'unreadable-balance' | null;
  /** By asset; null if the row could not be read. An asset that is absent has a balance of 0. */
  readonly balances: ReadonlyMap<string, string | null>;
}

/** The sum of one kind of movement between two consecutive snapshots. */
export interface MovementSum {
  readonly wallet: string;
  readonly asset: string;
  readonly kind: string;
  /** How many snapshots of the wallet come before it. */
  readonly after: number;
  readonly amount: string;
}

/** A movement that some snapshot may include or not. */
export interface OpenMovement {
  readonly wallet: string;
  readonly asset: string;
  readonly kind: string;
  /** How many snapshots of the wallet come before it, at least and at most. */
  readonly least: number;
  readonly most: number;
  readonly amount: string;
}

/** A balance that the records before the first snapshot would have made negative. */
export interface MissingInflow {
  readonly wallet: string;
  readonly asset: string;
  /** When it would first have been negative, and when it would have been lowest. */
  readonly firstMs: number;
  readonly lowestMs: number;
  /** The least unexplained inflow before `lowestMs`. */
  readonly amount: string;
}

export interface Book {
  readonly snapshots: readonly Snapshot[];
  readonly sums: readonly MovementSum[];
  readonly open: readonly OpenMovement[];
  readonly inflows: readonly MissingInflow[];
}

/** What keeps a range of a wallet's records from being proved: empty if every instant of it is covered. */
export type ProofOf = (wallet: string, range: Range) => readonly Obstacle[];

/** `gap`: records may be missing for a known reason. `not-read-yet`: they will be read. */
export type Obstacle = 'gap' | 'not-read-yet';

export type Verdict = 'balanced' | 'unexplained' | 'not-comparable';

export type ReconcileReason =
  | Obstacle
  | 'no-balance'
  | 'balance-refused'
  | 'unreadable-balance'
  | 'one-snapshot'
  | 'margin-moves'
  | 'transfer'
  | 'pending-withdrawal'
  | 'fee-in-bmx'
  | 'earn'
  | 'no-endpoint';

export interface Point {
  readonly atMs: number;
  readonly balance: Decimal;
}

/** Two consecutive snapshots between which records do not explain the change. */
interface Unexplained {
  readonly fromMs: number;
  readonly toMs: number;
  readonly difference: Decimal;
}

export interface AssetBook {
  readonly wallet: string;
  readonly asset: string;
  /** The first and the last snapshot that were compared; null if there are not two. */
  readonly from: Point | null;
  readonly to: Point | null;
  /** The movements of stored records between the two, in all and by kind. */
  readonly movements: Decimal | null;
  readonly byKind: ReadonlyMap<string, Decimal>;
  readonly difference: Decimal | null;
  readonly verdict: Verdict;
  readonly reasons: readonly ReconcileReason[];
  readonly unexplained: readonly Unexplained[];
  readonly missingInflow: MissingInflow | null;
}

/**
 * Compares balances with the movements of records, by wallet and asset, between every two consecutive snapshots, and between
 * the first and the last. An opening balance is always one that the exchange reported, never one that makes the books balance.
 */
export function reconcile(book: Book, proofOf: ProofOf): readonly AssetBook[] {
  const found: AssetBook[] = [];
  for (const [wallet, asset] of pairsIn(book)) {
    const isOurs = (entry: { readonly wallet: string; readonly asset: string }) =>
      entry.wallet === wallet && entry.asset === asset;
    const missingInflow = book.inflows.find(isOurs) ?? null;
    const snapshots = book.snapshots.filter((snapshot) => snapshot.wallet === wallet);
    const moved = { sums: book.sums.filter(isOurs), open: book.open.filter(isOurs) };
    found.push({
      wallet,
      asset,
      missingInflow,
      ...compare(pointsOf(snapshots, asset), moved, (range) => proofOf(wallet, range)),
    });
  }
  return withTransfers(found).map(withoutVerdict);

  function compare(points: Points, moved: Moved, proof: (range: Range) => readonly Obstacle[]) {
    const { usable, why } = points;
    if (usable.length < 2) return notComparable(usable, why);
    const steps = usable.slice(1).map((to, i) => stepBetween(usable[i] as PlacedPoint, to, moved, proof));
    // The latest intervals that are not read yet say nothing.
    while (steps.length > 0 && isWaiting(steps.at(-1) as Step)) steps.pop();
    if (steps.length === 0) return notComparable(usable.slice(0, 1), 'not-read-yet');
    const from = usable[0] as PlacedPoint;
    const to = (steps.at(-1) as Step).to;
    const whole = stepBetween(from, to, moved, proof);
    const off = steps.filter((step) => !step.isBalanced);
    // If movements fit each interval, but not all of them together, it is unknown which interval is off.
    const counted = off.length === 0 ? [whole] : steps;
    if (off.length === 0 && !whole.isBalanced) off.push(whole);
    const obstacles = new Set(off.flatMap(({ obstacles: these }) => these));
    const unexplained = off.filter((step) => step.obstacles.length === 0);
    const verdict: Verdict = off.length === 0 ? 'balanced' : unexplained.length > 0 ? 'unexplained' : 'not-comparable';
    return {
      from,
      to,
      movements: sum(counted.map(({ movements }) => movements)),
      byKind: totalByKind(counted.flatMap(({ byKind }) => [...byKind])),
      difference: sum(counted.map(({ difference }) => difference)),
      verdict,
      reasons: verdict === 'balanced' ? [] : [...obstacles, ...explanations(unexplained, moved)],
      unexplained: unexplained.map((step) => ({
        fromMs: step.from.atMs,
        toMs: step.to.atMs,
        difference: step.difference,
      })),
    };
  }
}

/** Whether a difference is unexplained. What another wallet has received is not lost. */
export function isUnexplained({ verdict, reasons }: AssetBook): boolean {
  return verdict === 'unexplained' && !reasons.includes('transfer');
}

/**
 * The verdict on an account's balances as a whole: `balanced` if every comparable balance agrees with the records, and at least
 * one is comparable. It neither proves nor disproves coverage.
 */
export function verdictOnBooks(books: readonly AssetBook[]): Verdict {
  if (books.some(isUnexplained)) return 'unexplained';
  return books.some(({ verdict }) => verdict === 'balanced') ? 'balanced' : 'not-comparable';
}

interface Moved {
  readonly sums: readonly MovementSum[];
  readonly open: readonly OpenMovement[];
}

function pairsIn({ snapshots, sums, open }: Book): readonly (readonly [wallet: string, asset: string])[] {
  const pairs = new Map<string, readonly [string, string]>();
  const add = (wallet: string, asset: string) => pairs.set(JSON.stringify([wallet, asset]), [wallet, asset]);
  for (const { wallet, balances } of snapshots) for (const asset of balances.keys()) add(wallet, asset);
  for (const { wallet, asset } of [...sums, ...open]) add(wallet, asset);
  return [...pairs.values()].sort((a, b) => (a.join('/') < b.join('/') ? -1 : 1));
}

interface PlacedPoint extends Point {
  /** Its number among the answered snapshots of the wallet, from 1. */
  readonly place: number;
  readonly askedAtMs: number;
}

interface Points {
  readonly usable: readonly PlacedPoint[];
  /** Why there are too few of them. */
  readonly why: ReconcileReason;
}

function pointsOf(snapshots: readonly Snapshot[], asset: string): Points {
  const answered = snapshots.filter(({ silence }) => silence === null);
  const usable = answered.flatMap(({ askedAtMs, answeredAtMs, balances }, i): readonly PlacedPoint[] => {
    const text = balances.has(asset) ? balances.get(asset) : '0';
    const balance = text ? decimalOf(text) : null;
    return balance === null ? [] : [{ atMs: answeredAtMs, askedAtMs, balance, place: i + 1 }];
  });
  if (snapshots.length === 0) return { usable, why: 'no-balance' };
  if (answered.length === 0) return { usable, why: snapshots.at(-1)?.silence ?? 'balance-refused' };
  return { usable, why: usable.length < answered.length ? 'unreadable-balance' : 'one-snapshot' };
}

function notComparable(usable: readonly PlacedPoint[], why: ReconcileReason) {
  return {
    from: usable[0] ?? null,
    to: null,
    movements: null,
    byKind: new Map<string, Decimal>(),
    difference: null,
    verdict: 'not-comparable' as const,
    reasons: [why],
    unexplained: [],
  };
}

interface Step {
  readonly from: PlacedPoint;
  readonly to: PlacedPoint;
  readonly movements: Decimal;
  readonly byKind: ReadonlyMap<string, Decimal>;
  readonly difference: Decimal;
  readonly isBalanced: boolean;
  /** Only where it is not balanced. */
  readonly obstacles: readonly Obstacle[];
}

function isWaiting({ isBalanced, obstacles }: Step): boolean {
  return !isBalanced && obstacles.length === 1 && obstacles[0] === 'not-read-yet';
}

/** The movements between two snapshots: all that certainly lie between them, and uncertain ones that make them agree. */
function stepBetween(
  from: PlacedPoint,
  to: PlacedPoint,
  { sums, open }: Moved,
  proof: (range: Range) => readonly Obstacle[],
): Step {
  const last = to.place - 1;
  const certain = [
    ...sums.filter(({ after }) => after >= from.place && after <= last),
    ...open.filter(({ least, most }) => least >= from.place && most <= last),
  ];
  const possible = open.filter(
    ({ least, most }) => most >= from.place && least <= last && !(least >= from.place && most <= last),
  );
  const fixed = sum(certain.map(amountOf));
  const change = minus(to.balance, from.balance);
  const digit = roundingDigit(from, to);
  const isRounded =
    [...sums, ...open].some((movement) => usedDigits(amountOf(movement)) > digit) ||
    [from, to].some(({ balance }) => usedDigits(balance) >= digit);
  const agrees = (movements: Decimal) => {
    const difference = minus(change, movements);
    return isRounded ? isBelow(difference, roundedParts, digit) : difference.units === 0n;
  };
  // A movement most probably happened at its own time, which is the earliest.
  const likely = possible.filter(({ least }) => least >= from.place);
  const chosen = choiceThat((some) => agrees(plus(fixed, some)), possible, likely);
  const counted = [...certain, ...(chosen ?? likely)];
  const movements = sum(counted.map(amountOf));
  const isBalanced = chosen !== null;
  return {
    from,
    to,
    movements,
    byKind: totalByKind(counted.map((movement) => [movement.kind, amountOf(movement)])),
    difference: isBalanced ? zero : minus(change, movements),
    isBalanced,
    obstacles: isBalanced ? [] : proof({ from: from.askedAtMs, to: to.atMs }),
  };
}

/**
 * BitMart truncates balances of the spot wallet to 8 digits, of some coins to more. Balances can differ by that if a movement
 * has more digits than are shown, or if a balance uses all of them: what was there before we read it may have more, and then
 * shows when a withdrawal freezes part of it.
 */
function roundingDigit(from: Point, to: Point): number {
  return Math.max(8, from.balance.digits, to.balance.digits);
}

/** Available and frozen amounts are truncated separately. */
const roundedParts = 2n;

/** Up to this many movements, all sums are tried. */
const maxFreely = 12;

/** Those of the uncertain movements with which the interval agrees; null if there are none. */
function choiceThat(
  agrees: (sum: Decimal) => boolean,
  possible: readonly OpenMovement[],
  likely: readonly OpenMovement[],
): readonly OpenMovement[] | null {
  if (agrees(sum(likely.map(amountOf)))) return likely;
  if (possible.length <= maxFreely) {
    // The total at each index is that of the movements whose bits are set in it.
    const totals: Decimal[] = [zero];
    for (const movement of possible) totals.push(...totals.map((total) => plus(total, amountOf(movement))));
    const mask = totals.findIndex(agrees);
    return mask === -1 ? null : possible.filter((_, i) => (mask >> i) % 2 === 1);
  }
  // Many at once, as bots make them: they came one after another, and a snapshot lies somewhere among them.
  if (agrees(zero)) return [];
  for (let start = 0; start < possible.length; start++) {
    let total = zero;
    for (let end = start; end < possible.length; end++) {
      total = plus(total, amountOf(possible[end] as OpenMovement));
      if (agrees(total)) return possible.slice(start, end + 1);
    }
  }
  return null;
}

function amountOf({ amount }: { readonly amount: string }): Decimal {
  const number = decimalOf(amount);
  if (number === null) throw new RangeError('An amount of the database is not a plain decimal number.');
  return number;
}

function totalByKind(amounts: readonly (readonly [kind: string, amount: Decimal])[]): ReadonlyMap<string, Decimal> {
  const kinds = new Map<string, Decimal>();
  for (const [kind, amount] of amounts) kinds.set(kind, plus(kinds.get(kind) ?? zero, amount));
  return kinds;
}

/** What could explain a difference without a gap, the likeliest first. */
function explanations(unexplained: readonly Step[], { open }: Moved): readonly ReconcileReason[] {
  if (unexplained.length === 0) return [];
  const found: ReconcileReason[] = [];
  if (open.some(({ kind }) => kind === 'withdrawal')) found.push('pending-withdrawal');
  // Outflows may be in an earn product; inflows may be its interest, or redeemed.
  return [...found, 'no-endpoint', 'earn'];
}

/** An amount that left one wallet and entered another between two snapshots was moved between the two. */
function withTransfers(books: readonly AssetBook[]): readonly AssetBook[] {
  return books.map((book) => {
    if (book.verdict !== 'unexplained') return book;
    const isCounterpart = books.some(
      (other) =>
        other.asset === book.asset &&
        other.wallet !== book.wallet &&
        other.unexplained.some(({ difference: theirs }) =>
          book.unexplained.some(({ difference: ours }) => plus(ours, theirs).units === 0n),
        ),
    );
    const inBmx = book.asset === 'BMX' && book.unexplained.every(({ difference }) => difference.units < 0n);
    const likelier: ReconcileReason[] = [
      ...(isCounterpart ? (['transfer'] as const) : []),
      ...(inBmx ? (['fee-in-bmx'] as const) : []),
    ];
    return {
      ...book,
      reasons: [
        ...book.reasons.filter(isObstacle),
        ...likelier,
        ...book.reasons.filter((reason) => !isObstacle(reason)),
      ],
    };
  });
}

/**
 * On isolated margin interest accrues every hour, and moves to and from the spot wallet have no history, so a difference shows
 * no loss and its absence no completeness. Changes there can still explain what another wallet lacks.
 */
function withoutVerdict(book: AssetBook): AssetBook {
  if (book.wallet !== 'isolated-margin' || book.to === null) return book;
  const reasons = [...book.reasons.filter(isObstacle), 'margin-moves' as const];
  return { ...book, verdict: 'not-comparable', reasons, unexplained: [] };
}

function isObstacle(reason: ReconcileReason): boolean {
  return reason === 'gap' || reason === 'not-read-yet';
}
