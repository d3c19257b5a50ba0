import { ExchangeFailure, passesByItself } from '../history/failure.ts';
import { maxClockOffsetMs } from './clamps.ts';
import { failureOf, type HttpAnswer, noAnswer } from './envelope.ts';
import { type SystemTime, timeRead } from './system-time.ts';
import { triesWithinMs, withTries } from './tries.ts';

interface TimeAnswer extends SystemTime {
  readonly http: HttpAnswer;
  /** When the answer arrived, by the monotonic clock. */
  readonly receivedAtMs: number;
}

interface ClockOptions {
  readonly askTime: (signal: AbortSignal) => Promise<TimeAnswer>;
  readonly now: () => number;
  readonly monotonicNow: () => number;
  /** Called when the exchange's clock can't be right. */
  readonly onImpossible?: () => void;
}

/** A monotonic clock drifts by less than 100 ms in this time, well within the second that BitMart allows. */
const validMs = 300_000;
/** If it can't be measured again, the last measurement is good enough for an hour: it drifts by at most a second. */
const usableMs = 3_600_000;
/** After a failure the time is not requested before every single request. */
const pauseAfterFailureMs = 60_000;

/**
 * The exchange's clock: measured every five minutes, and extrapolated by the monotonic clock in between, so that a step of the
 * system clock moves neither claims nor signatures.
 */
export class ExchangeClock {
  readonly #options: ClockOptions;
  #measured: { readonly serverMs: number; readonly atMs: number } | null = null;
  #dueAtMs = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | null = null;

  constructor(options: ClockOptions) {
    this.#options = options;
  }

  /** Our own clock until the first measurement; nothing is requested before that. */
  nowMs(): number {
    if (this.#measured === null) return this.#options.now();
    const { serverMs, atMs } = this.#measured;
    return Math.floor(serverMs + this.#options.monotonicNow() - atMs);
  }

  /** Measures the clock unless that was done recently; `anew` always does. Throws ExchangeFailure if none is usable. */
  async measure(signal: AbortSignal, { anew = false } = {}): Promise<void> {
    if (!anew && this.#options.monotonicNow() < this.#dueAtMs) return;
    // Shared by all concurrent callers, so it does not end with the first caller's signal.
    this.#measuring ??= this.#measure(AbortSignal.timeout(triesWithinMs)).finally(() => {
      this.#measuring = null;
    });
    await this.#measuring;
    signal.throwIfAborted();
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const { askTime, now, monotonicNow, onImpossible } = this.#options;
    try {
      this.#measured = await withTries(async () => {
        const answer = await askTime(signal);
        requirePlausible(answer, now() - (monotonicNow() - answer.receivedAtMs));
        // Counted from the answer's arrival, so that we are late by its travel time and never early: BitMart refuses a clock
        // that is one second ahead, and one that is five seconds late.
        return { serverMs: answer.serverMs, atMs: answer.receivedAtMs };
      }, signal);
      this.#dueAtMs = this.#measured.atMs + validMs;
    } catch (error) {
      const failure = ofClockAlone(error, signal);
      if (failure instanceof ExchangeFailure && failure.details.kind === 'clock') onImpossible?.();
      const nowMs = monotonicNow();
      const isUsable = this.#measured !== null && nowMs - this.#measured.atMs <= usableMs;
      if (!(failure instanceof ExchangeFailure) || !isUsable) throw failure;
      // A failing `/system/time` must not stop every stream. In an hour a monotonic clock drifts by less than two seconds.
      this.#dueAtMs = nowMs + pauseAfterFailureMs;
    }
  }
}

/** An exchange's clock can't be that far off: claims would follow it. */
function requirePlausible({ serverMs, http, trace }: TimeAnswer, ownMs: number): void {
  const aheadMs = serverMs - ownMs;
  if (Math.abs(aheadMs) <= maxClockOffsetMs) return;
  const apart = `${durationText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} our own clock`;
  const sentence = `server_time ${serverMs} is ${apart}; more than 5 minutes cannot be right. Let NTP keep this machine's clock; if that is right, BitMart's is wrong`;
  throw failureOf(http, { kind: 'clock', problem: 'clock', code: null, trace, sentence });
}

function durationText(ms: number): string {
  const [units, name] = ms < 172_800_000 ? [ms / 60_000, 'minutes'] : [ms / 86_400_000, 'days'];
  return `${Math.round(units).toLocaleString('en-GB')} ${name}`;
}

/** A refusal of `/system/time` says nothing about the key, the stream or the window of the caller. */
function ofClockAlone(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof ExchangeFailure) {
    const details = { ...error.details, concernsNoWindow: true } as const;
    if (passesByItself(details.kind)) return new ExchangeFailure(details);
    return new ExchangeFailure({ ...details, kind: 'transient', problem: 'unexpected-answer' });
  }
  if (!signal.aborted) return error;
  return noAnswer(timeRead.endpoint, `did not answer within ${triesWithinMs / 1_000} s`);
}
