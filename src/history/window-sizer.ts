import { alignDown } from './horizon.ts';
import type { Range } from './range-set.ts';
import type { Page, Stream } from './stream.ts';

/**
 * Cuts the next window so that few windows overflow and quiet stretches cost almost nothing. Efficiency only: whatever it
 * says, nothing false is claimed. It lives as long as one attempt; the width alone is handed to the next one.
 *
 * A full page shows where rows lie. In an order that can be relied on it shows all of them at one end of the window, so
 * that the windows there are cut exactly; beyond, the next width follows the density just seen, and grows fast where that
 * finds next to nothing.
 */
export class WindowSizer {
  readonly #stream: Stream;
  readonly #target: number;
  /** Width by the density just seen; null to go as far as the next known stretch. */
  #widthMs: number | null;
  #lastFittingMs: number | null;
  /** Stretches in which full pages showed every row, as far as their order tells. */
  #known: { range: Range; times: readonly number[] }[] = [];
  #orderTrusted = true;
  #predictedToFit = false;
  #quietWindows = 0;
  #divisor = 1;

  /** `widthMs`: what an earlier attempt at the same read found right, if there was one. */
  constructor(stream: Stream, widthMs: number | null = null) {
    this.#stream = stream;
    this.#target = Math.floor(targetFill * stream.cap);
    this.#widthMs = widthMs;
    this.#lastFittingMs = widthMs;
  }

  /** The width to go on with in another attempt; null while nothing was ever full. */
  get fittingMs(): number | null {
    return this.#divisor > 1 ? this.#lastFittingMs : (this.#widthMs ?? this.#lastFittingMs);
  }

  /** The end of the next window, from the start of a pending range. */
  cut(range: Range, widestMs: number): number {
    const end = Math.min(range.to, range.from + widestMs);
    const known = this.#known.find((stretch) => stretch.range.from <= range.from && range.from < stretch.range.to);
    this.#predictedToFit = known !== undefined;
    if (known) return Math.min(end, this.#afterFitting(known, range.from));
    const nextKnown = this.#known.map((stretch) => stretch.range.from).filter((from) => from > range.from);
    const boundary = Math.min(end, ...nextKnown);
    const widthMs = (this.#widthMs ?? boundary - range.from) / this.#divisor;
    return Math.min(boundary, range.from + this.#atLeastOneUnit(widthMs));
  }

  /** Takes in what the last window brought. */
  learn(page: Page, full: boolean): void {
    const { from, to } = page.question.core;
    const times = page.rows.flatMap((row) => (row.at === null ? [] : [row.at])).sort((a, b) => a - b);
    if (!full) {
      this.#known = this.#known.filter((stretch) => stretch.range.to > to);
      this.#learnShort(to - from, times.length);
    } else if (times.length < this.#stream.cap) {
      // Not over the cap, only of a suspicious number: any other cut will do.
      this.#divisor *= 2;
      this.#lastFittingMs = (to - from) / 2;
    } else this.#learnFull(page, times);
  }

  /** Nothing of the last window is served any more: what lies behind is crossed in fewer and fewer steps. */
  learnRefused(core: Range): void {
    if (this.#widthMs !== null) this.#widthMs = (core.to - core.from) * growth;
  }

  #learnShort(widthMs: number, rows: number): void {
    this.#divisor = 1;
    if (this.#predictedToFit) return;
    if (rows >= this.#target / 4) {
      this.#quietWindows = 0;
      this.#widthMs = (widthMs * this.#target) / rows;
      return;
    }
    // Nothing was ever full: the widest window will do.
    if (this.#widthMs === null && this.#known.length === 0) return;
    this.#quietWindows++;
    this.#widthMs = widthMs * (this.#quietWindows > 2 && this.#orderTrusted ? leap : growth);
  }

  #learnFull(page: Page, times: readonly number[]): void {
    const { from, to } = page.question.core;
    const oldestMs = times[0] ?? from;
    const newestMs = times.at(-1) ?? to;
    const order = orderOf(page);
    const unit = this.#stream.unitMs;
    const densityMs = (this.#target * Math.max(unit, newestMs - oldestMs)) / times.length;
    this.#lastFittingMs = Math.min((to - from) / 2, densityMs);
    if (this.#predictedToFit || order === null) {
      // Rows where none should have been: the order, if there is one, says nothing about what is missing.
      this.#orderTrusted = false;
      this.#known = [];
    }
    if (!this.#orderTrusted) {
      this.#widthMs = Math.min((to - from) / 4, densityMs);
      return;
    }
    const range =
      order === 'ascending' ? { from, to: alignDown(newestMs, unit) } : { from: alignDown(oldestMs, unit), to };
    if (range.from < range.to) this.#known.push({ range, times });
    // Rows at the far end after a quiet stretch: what lies before them is asked as a whole, however dense they are.
    const behindQuiet = order === 'descending' && this.#quietWindows > 0;
    this.#widthMs = behindQuiet ? null : Math.min((to - from) / 2, densityMs);
  }

  /** As far as the known rows stay well below the cap. */
  #afterFitting(known: { range: Range; times: readonly number[] }, fromMs: number): number {
    const ahead = known.times.filter((time) => time >= fromMs && time < known.range.to);
    const unit = this.#stream.unitMs;
    const rows = Math.floor((exactFill * this.#stream.cap) / this.#divisor);
    if (rows >= ahead.length) return known.range.to;
    return Math.max(fromMs + unit, alignDown(ahead[rows] as number, unit));
  }

  #atLeastOneUnit(widthMs: number): number {
    return Math.max(this.#stream.unitMs, alignDown(widthMs, this.#stream.unitMs));
  }
}

/** Rows that a window should hold by estimate, as a share of the cap: high enough to be cheap, low enough to seldom overflow. */
const targetFill = 0.78;
/** And where every row is known. */
const exactFill = 0.95;
/** How much wider after a window that held next to nothing; and when that goes on. */
const growth = 8;
const leap = 64;

function orderOf(page: Page): 'ascending' | 'descending' | null {
  const times = page.rows.flatMap((row) => (row.at === null ? [] : [row.at]));
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  if (times.every((time, i) => i === 0 || time >= (times[i - 1] as number))) return last > first ? 'ascending' : null;
  return times.every((time, i) => i === 0 || time <= (times[i - 1] as number)) ? 'descending' : null;
}
