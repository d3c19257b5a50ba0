import { durationText } from '../duration.ts';

/** The progress of a long command. Shown on standard error, so that standard output holds only the result. */
export interface Progress {
  /** Call it at any rate; the display changes slowly enough to be read. */
  report(reached: Reached): void;
  /** Removes the line; later output begins at the left. */
  end(): void;
}

export interface Reached {
  /** What is counted, so far. */
  readonly done?: number;
  readonly total?: number;
  /** The share of the work that is done, 0 to 1, if `done` of `total` does not say it. */
  readonly share?: number;
}

interface ProgressOptions {
  /** The activity, such as `Exporting`. */
  readonly title: string;
  /** What is counted, in the plural: `rows`. */
  readonly unit?: string;
  readonly nowMs?: () => number;
}

// Often enough to look alive, rarely enough to cost nothing.
const redrawEveryMs = 150;

// In a log or a pipe, one line now and then is enough.
const plainEveryMs = 10_000;

/** On a terminal one line that is updated; elsewhere a line every ten seconds, the first after ten. */
export function progressOn(stream: NodeJS.WriteStream, options: ProgressOptions): Progress {
  const { title, unit, nowMs = Date.now } = options;
  const startedMs = nowMs();
  const pace = new Pace();
  let shownMs = stream.isTTY ? Number.NEGATIVE_INFINITY : startedMs;
  return {
    report(reached) {
      const now = nowMs();
      const { done = 0, total } = reached;
      const share = reached.share ?? (total ? done / total : null);
      pace.note({ atMs: now, done, share });
      if (now - shownMs < (stream.isTTY ? redrawEveryMs : plainEveryMs)) return;
      shownMs = now;
      const line = progressLine({ title, unit, done, total, share, ...pace.rates(), elapsedMs: now - startedMs });
      stream.write(stream.isTTY ? `${lineStart}${cut(line, stream.columns)}` : `${line}\n`);
    },
    end() {
      if (stream.isTTY) stream.write(lineStart);
    },
  };
}

// To the left edge, and everything right of it deleted.
const lineStart = '\r\u001b[K';

const waitingEveryMs = 500;

/** Shows the elapsed time of work without a known progress. */
export async function whileWaiting<Result>(progress: Progress, work: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => progress.report({}), waitingEveryMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

interface ProgressState {
  readonly title: string;
  readonly unit: string | undefined;
  readonly done: number;
  readonly total: number | undefined;
  readonly share: number | null;
  /** Null while it is unknown. */
  readonly donePerSecond: number | null;
  readonly sharePerSecond: number | null;
  readonly elapsedMs: number;
}

/** The progress as text: `Exporting: 24 %, 1,200 of 5,000 rows, 410 rows/s, about 9 s left`. */
export function progressLine(state: ProgressState): string {
  const { title, unit, done, total, share, donePerSecond, sharePerSecond, elapsedMs } = state;
  const facts: string[] = [];
  if (share !== null) facts.push(`${Math.floor(Math.min(1, share) * 100)} %`);
  if (unit !== undefined)
    facts.push(total === undefined ? `${grouped(done)} ${unit}` : `${grouped(done)} of ${grouped(total)} ${unit}`);
  if (unit !== undefined && donePerSecond !== null && donePerSecond > 0) facts.push(`${rate(donePerSecond)} ${unit}/s`);
  const isRunning = share !== null && share < 1 && sharePerSecond !== null && sharePerSecond > 0;
  if (isRunning) facts.push(`about ${durationText(((1 - share) / sharePerSecond) * 1000)} left`);
  else if (share === null || share < 1) facts.push(`for ${durationText(elapsedMs)}`);
  return `${title}: ${facts.join(', ')}`;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
  readonly share: number | null;
}

/** The rates of the last half minute, because the initial rate says nothing about the rest. */
class Pace {
  readonly #samples: Sample[] = [];

  note(sample: Sample): void {
    // The newest one always counts; of the others only some are kept, however often progress is reported.
    const beforeLast = this.#samples.at(-2);
    if (beforeLast && (this.#samples.at(-1) as Sample).atMs - beforeLast.atMs < redrawEveryMs) this.#samples.pop();
    this.#samples.push(sample);
    while (this.#samples.length > 2 && sample.atMs - (this.#samples[1] as Sample).atMs >= paceSpanMs) {
      this.#samples.shift();
    }
  }

  rates(): { readonly donePerSecond: number | null; readonly sharePerSecond: number | null } {
    return { donePerSecond: this.#rateOf(({ done }) => done), sharePerSecond: this.#rateOf(({ share }) => share) };
  }

  #rateOf(read: (sample: Sample) => number | null): number | null {
    const known = this.#samples.filter((sample) => read(sample) !== null);
    const [first, last] = [known.at(0), known.at(-1)];
    if (!first || !last || last.atMs - first.atMs < 1_000) return null;
    return (((read(last) as number) - (read(first) as number)) / (last.atMs - first.atMs)) * 1000;
  }
}

const paceSpanMs = 30_000;

function cut(line: string, columns: number | undefined): string {
  const width = (columns ?? 80) - 1;
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? grouped(perSecond) : perSecond.toFixed(1);
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
