import { type Caution, Foresight } from './foresight.ts';
import { alignDown, widestCoreMs } from './horizon.ts';
import { difference, type Range, rangeSet, touches } from './range-set.ts';
import type { Page, Stream } from './stream.ts';

/**
 * Cuts the next window so that few windows overflow and quiet time costs almost nothing. For efficiency only: it can't cause a
 * false claim. It lives as long as one attempt; only the width is passed to the next one. A full page shows where rows are. In
 * a reliable order it shows all of them at one end of the window, so windows there are cut exactly; beyond, the next width
 * follows the density just seen, and grows fast while there is next to nothing.
 */
export class WindowSizer {
  readonly foresight: Foresight;
  readonly #stream: Stream;
  readonly #target: number;
  /** Width by the density just seen; null to go as far as the next known range. */
  #widthMs: number | null;
  #lastFittingMs: number | null;
  /** Ranges in which full pages showed every row, if their order is reliable. */
  #known: Known[] = [];
  #orderTrusted = true;
  /** Units that alone filled a page. */
  #denseUnitsMs: readonly number[] = [];
  /** Whether a short page held many rows. */
  #hasFitting = false;
  /** The known range in which the last window began, or ended if it was cut back. */
  #lastKnown: Range | null = null;
  #quietWindows = 0;
  /** Width of the last quiet window. */
  #quietMs = 0;
  #divisor = 1;
  /** Consecutive full pages of one burst, each with its rows at the far end of its window. */
  #burstPages = 0;
  fullPages = 0;
  /** Whether every row of the window that was cut last is known. */
  isKnown = false;
  /** Full windows of which nothing was answered since. */
  #full: readonly Range[] = [];

  /** `widthMs`: the width that an earlier attempt at the same read found, if there was one. */
  constructor(stream: Stream, widthMs: number | null = null, caution?: Caution) {
    this.foresight = new Foresight(caution);
    this.#stream = stream;
    this.#target = Math.floor(targetFill * stream.cap);
    this.#widthMs = widthMs;
    this.#lastFittingMs = widthMs;
  }

  /** The width for the next attempt; null while nothing was ever full. */
  get fittingMs(): number | null {
    if (this.#divisor > 1 || this.#denseUnitsMs.length > 0) return this.#lastFittingMs;
    return this.#widthMs ?? this.#lastFittingMs;
  }

  /**
   * The end of the next window, from the start of a pending range. A full window is never requested again unchanged or wider,
   * whatever the estimate: what is known of an exchange without a fixed order may be wrong.
   */
  cut(range: Range): number {
    return this.#cut(range, this.#observed);
  }

  /** The start of the next window, if a range is read from its end back: the same in a mirror. */
  cutBack(range: Range): number {
    const to = this.#cut(mirrored(range), inMirror(this.#observed));
    this.#lastKnown &&= mirrored(this.#lastKnown);
    return 0 - to;
  }

  /**
   * A unit that fills a page alone is requested alone, and so are its neighbours, because a request includes one more unit on
   * each side. Time around them is requested without it.
   */
  get #observed(): Observed {
    const unit = this.#stream.unitMs;
    const denseCuts = this.#denseUnitsMs.flatMap((at) => [at - unit, at, at + unit, at + 2 * unit]);
    return { known: this.#known, full: this.#full, denseCuts };
  }

  #cut(range: Range, observed: Observed): number {
    const to = Math.min(this.#estimate(range, observed), ...observed.denseCuts.filter((at) => at > range.from));
    // The edge of the reach moves meanwhile, and with it the start of a window.
    const full = observed.full.find((window) => range.from >= window.from && range.from < window.to && to >= window.to);
    if (!full) return to;
    this.isKnown = false;
    return range.from + this.#atLeastOneUnit((full.to - range.from) / 2);
  }

  #estimate(range: Range, { known: stretches, full }: Observed): number {
    const end = Math.min(range.to, range.from + widestCoreMs(this.#stream));
    const known = stretches.find((stretch) => stretch.range.from <= range.from && range.from < stretch.range.to);
    this.#lastKnown = known?.range ?? null;
    this.isKnown = known !== undefined;
    const starts = stretches.map((stretch) => stretch.range.from).filter((from) => from > range.from);
    const boundary = Math.min(end, ...starts);
    if (known) {
      const to = this.#afterFitting(known, range.from);
      const rows = within(known.times, { from: range.from, to: known.range.to }).length;
      const share = 1 - rows / this.#target;
      if (to < known.range.to || this.#widthMs === null || share <= 0 || this.#divisor > 1) return Math.min(end, to);
      // A few known rows do not fill a window: it extends beyond them, as far as the density allows.
      const widthMs = Math.min(this.#widthMs * share, narrowerThanFull(full, range.from, known.range.to));
      const beyond = Math.min(boundary, alignDown(known.range.to + widthMs, this.#stream.unitMs));
      this.isKnown = beyond <= known.range.to;
      return Math.min(end, Math.max(to, beyond));
    }
    const widthMs = (this.#widthMs ?? boundary - range.from) / this.#divisor;
    return Math.min(boundary, range.from + this.#atLeastOneUnit(widthMs));
  }

  /** Learns from a window's answer. Others may have been answered since it was cut. */
  learn(page: Page, full: boolean, cut: Cut | null = null): void {
    const { from, to } = page.question.core;
    const widthMs = cut === null ? to - from : cut.window.to - cut.window.from;
    const wantedMs = cut === null ? widthMs : this.#wantedMs(cut);
    // Another width than would be cut now, so it is unknown whether its rows are known.
    this.isKnown &&= wantedMs === widthMs;
    const [beforeMs, wasKnown] = [this.#widthMs, this.isKnown];
    // If a page was full meanwhile, the next request lies there, and this density differs from it.
    const isPast = !full && cut !== null && cut.fullPages < this.fullPages;
    const isBack = cut?.isFromEnd ?? false;
    this.#take(page, { full, isPast, isBack });
    if (full) this.fullPages++;
    const isSteady = wasKnown || isPast ? null : isAlike(beforeMs, this.#widthMs);
    const isWidest = to - from >= widestCoreMs(this.#stream);
    const isQuiet = this.#quietWindows > 0;
    this.foresight.learn({ isFull: full, isSteady, isQuiet, isWidest, widthMs, wantedMs });
  }

  /** How wide the window would be cut now. */
  #wantedMs({ range, isFromEnd }: Cut): number {
    return isFromEnd ? range.to - this.cutBack(range) : this.cut(range) - range.from;
  }

  #take(page: Page, { full, isPast, isBack }: { full: boolean; isPast: boolean; isBack: boolean }): void {
    const { from, to } = page.question.core;
    this.#full = this.#full.filter((window) => window.to <= from || window.from >= to);
    if (full) this.#full = [...this.#full, { from, to }];
    const times = page.rows.flatMap((row) => (row.at === null ? [] : [row.at])).sort((a, b) => a - b);
    if (!full) {
      // What was not in this window stays known: its window was full, and others are answered before its pieces.
      this.#known = this.#known.flatMap((known) => outside(known, { from, to }));
      const [unknown = { from: to, to }] = difference([page.question.core], this.#lastKnown ? [this.#lastKnown] : []);
      if (!isPast) this.#learnShort(unknown, within(times, unknown), isBack);
    } else if (times.length < this.#stream.cap) {
      // Below the cap, but a suspicious number of rows: any other cut will do.
      this.#divisor *= 2;
      this.#lastFittingMs = (to - from) / 2;
    } else this.#learnFull(page, times, isBack);
  }

  /** The last window was not answered: earlier observations say nothing about its surroundings. */
  learnFailed(): void {
    this.#divisor = 1;
    this.#widthMs = null;
    this.#known = [];
    this.#full = [];
  }

  /** Learns from the rows of a short page beyond the known ones, and their range. */
  #learnShort({ from, to }: Range, times: readonly number[], isBack: boolean): void {
    this.#divisor = 1;
    if (this.isKnown) return;
    const rows = times.length;
    const isMany = rows >= this.#target / 4;
    // The first rows, and those next to a quiet range, begin anywhere in the window: their density counts from there on.
    const isBeginning = isMany && (this.#quietWindows > 0 || !this.#hasFitting);
    const startMs = isBack ? from : Math.max(from, times[0] ?? from);
    const endMs = isBack ? Math.min(to, times.at(-1) ?? to) : to;
    const widthMs = isBeginning ? Math.max(this.#stream.unitMs, endMs - startMs) : to - from;
    this.#hasFitting ||= isMany;
    if (!isMany && this.#widthMs !== null && widthMs < this.#widthMs / 8) return;
    if (isMany || (this.#widthMs !== null && rows >= (this.#target * widthMs) / this.#widthMs / 2)) {
      this.#quietWindows = 0;
      const densityMs = (widthMs * this.#target) / rows;
      // One page says little about the next: the estimate follows by halves, and at once if rows are far denser.
      const steady = this.#widthMs !== null && densityMs > this.#widthMs / 2 && densityMs < this.#widthMs * 2;
      this.#widthMs = steady && this.#widthMs !== null ? (this.#widthMs + densityMs) / 2 : densityMs;
      return;
    }
    // Nothing was ever full: the widest window will do.
    if (this.#widthMs === null && this.#known.length === 0) return;
    // Several windows of one width, in flight together, count as one.
    if (this.#quietWindows === 0 || widthMs > this.#quietMs) this.#quietWindows++;
    this.#quietMs = widthMs;
    this.#burstPages = 0;
    this.#widthMs = widthMs * (this.#quietWindows > 2 && this.#orderTrusted ? leap : growth);
  }

  #learnFull(page: Page, times: readonly number[], isBack: boolean): void {
    const { from, to } = page.question.core;
    const oldestMs = times[0] ?? from;
    const newestMs = times.at(-1) ?? to;
    const order = orderOf(page);
    const unit = this.#stream.unitMs;
    const denseMs = alignDown(oldestMs, unit);
    if (alignDown(newestMs, unit) === denseMs) {
      this.#denseUnitsMs = [...this.#denseUnitsMs.filter((at) => at !== denseMs), denseMs];
      this.#lastFittingMs = (to - from) / 2;
      return;
    }
    const densityMs = (this.#target * Math.max(unit, newestMs - oldestMs)) / times.length;
    this.#lastFittingMs = Math.min((to - from) / 2, densityMs);
    if (this.isKnown || order === null) {
      // Rows where none should have been: the order, if any, says nothing about what is missing.
      this.#orderTrusted = false;
      this.#known = [];
    }
    if (!this.#orderTrusted) {
      this.#widthMs = Math.min((to - from) / 4, densityMs);
      return;
    }
    const range =
      order === 'ascending' ? { from, to: alignDown(newestMs, unit) } : { from: alignDown(oldestMs, unit), to };
    if (range.from < range.to) this.#know(range, times);
    const spanMs = Math.max(unit, newestMs - oldestMs);
    // Rows at the far end, next to a quiet range, come in a burst: the time up to them is requested as a whole, however dense
    // they are, until there are too many for one page.
    this.#burstPages = (isBack ? oldestMs - from : to - newestMs) < spanMs ? this.#burstPages + 1 : 0;
    const isAtFarEnd = order === (isBack ? 'ascending' : 'descending');
    const behindQuiet = isAtFarEnd && this.#quietWindows > 1 && this.#burstPages < pagesOfBurst;
    this.#widthMs = behindQuiet ? null : Math.min((to - from) / 2, densityMs);
  }

  /** Joins touching ranges, so that a window is cut across them. */
  #know(range: Range, times: readonly number[]): void {
    const touching = this.#known.filter((known) => touches(known.range, range));
    const [joined = range] = rangeSet([range, ...touching.map((known) => known.range)]);
    const others = touching.flatMap((known) => outside(known, range)).flatMap((known) => known.times);
    const all = [...within(times, range), ...others].sort((a, b) => a - b);
    this.#known = [...this.#known.filter((known) => !touching.includes(known)), { range: joined, times: all }];
  }

  /** The end up to which the known rows stay well below the cap. */
  #afterFitting(known: Known, fromMs: number): number {
    const ahead = within(known.times, { from: fromMs, to: known.range.to });
    const unit = this.#stream.unitMs;
    const rows = Math.floor((exactFill * this.#stream.cap) / this.#divisor);
    if (rows >= ahead.length) return known.range.to;
    return Math.max(fromMs + unit, alignDown(ahead[rows] as number, unit));
  }

  #atLeastOneUnit(widthMs: number): number {
    return Math.max(this.#stream.unitMs, alignDown(widthMs, this.#stream.unitMs));
  }
}

/** A window cut from the start of a range, or from its end. */
export interface Cut {
  readonly window: Range;
  readonly range: Range;
  /** Cut back from the end of `range`. */
  readonly isFromEnd: boolean;
  /** How many full pages were known when it was cut, and whether all its rows were known from them. */
  readonly fullPages: number;
  readonly isKnown: boolean;
}

/** The estimated fill of a window, as a share of the cap: high enough to be cheap, low enough to overflow rarely. */
const targetFill = 0.82;
/** The same if every row is known. */
const exactFill = 0.95;
/** How much wider the next window is after one that held next to nothing, and (`leap`) while that continues. */
const growth = 8;
const leap = 64;
/** More consecutive full pages than this are no longer a burst: their density continues. */
const pagesOfBurst = 10;

/** Whether a page leaves the next window about as wide as planned. */
function isAlike(beforeMs: number | null, afterMs: number | null): boolean {
  if (beforeMs === null || afterMs === null) return beforeMs === afterMs;
  return afterMs > beforeMs / 1.5 && afterMs < beforeMs * 1.5;
}

interface Known {
  readonly range: Range;
  readonly times: readonly number[];
}

/** What is known of the time around a window. */
interface Observed {
  readonly known: readonly Known[];
  readonly full: readonly Range[];
  /** Instants that no window may cross. */
  readonly denseCuts: readonly number[];
}

function inMirror({ known, full, denseCuts }: Observed): Observed {
  return {
    // A row at an instant lies in the millisecond that begins there.
    known: known.map(({ range, times }) => ({
      range: mirrored(range),
      times: times.map((time) => -time - 1).reverse(),
    })),
    full: full.map(mirrored),
    denseCuts: denseCuts.map((at) => -at),
  };
}

function outside({ range, times }: Known, answered: Range): readonly Known[] {
  return difference([range], [answered]).map((left) => ({ range: left, times: within(times, left) }));
}

function mirrored({ from, to }: Range): Range {
  return { from: -to, to: -from };
}

/** A full window is not requested again unchanged, whatever the density after the known rows. */
function narrowerThanFull(windows: readonly Range[], fromMs: number, knownToMs: number): number {
  const full = windows.find(({ from }) => from === fromMs);
  if (!full) return Number.POSITIVE_INFINITY;
  return Math.max(0, (full.to - full.from) / 2 - (knownToMs - fromMs));
}

function within(times: readonly number[], { from, to }: Range): readonly number[] {
  return times.filter((time) => time >= from && time < to);
}

function orderOf(page: Page): 'ascending' | 'descending' | null {
  const times = page.rows.flatMap((row) => (row.at === null ? [] : [row.at]));
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  if (times.every((time, i) => i === 0 || time >= (times[i - 1] as number))) return last > first ? 'ascending' : null;
  return times.every((time, i) => i === 0 || time <= (times[i - 1] as number)) ? 'descending' : null;
}
