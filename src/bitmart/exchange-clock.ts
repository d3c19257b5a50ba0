import { ExchangeFailure, type FailureDetails, passesByItself } from '../history/failure.ts';
import { maxClockOffsetMs } from './clamps.ts';
import { ageSecondsOf, type Envelope, type HttpAnswer, type Opening, openEnvelope } from './envelope.ts';
import { isEndpointGone } from './error-table.ts';
import { triesWithinMs, withTries } from './tries.ts';

export interface TimeAnswer extends Envelope {
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
        const sinceMs = monotonicNow() - answer.receivedAtMs;
        // Counted from the answer's arrival, so that we are late by its travel time and never early: BitMart refuses a clock
        // that is one second ahead, and one that is five seconds late.
        return { serverMs: serverMsOf(answer, now() - sinceMs), atMs: answer.receivedAtMs };
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

/**
 * The answer of `/system/time`. Once BitMart has removed that endpoint, the answer's `Date` is the time (RFC 9110, whole
 * seconds, so that we are late and never early): otherwise no stream could be read any more, although all of them are there.
 */
export function openTime(answer: HttpAnswer, opening: Opening): Envelope {
  try {
    return openEnvelope(answer, opening);
  } catch (error) {
    const dateMs = Date.parse(answer.headers.get('date') ?? '');
    if (!(error instanceof ExchangeFailure) || !isEndpointGone(error.details) || Number.isNaN(dateMs)) throw error;
    return { data: { server_time: dateMs }, trace: error.details.trace };
  }
}

/** The time that `/system/time` reports, if it is plausible. */
function serverMsOf({ data, http, trace }: TimeAnswer, ownMs: number): number {
  const reported = (data as { server_time?: unknown } | null)?.server_time;
  const serverMs = typeof reported === 'string' && /^\d+$/.test(reported) ? Number(reported) : reported;
  const about = { httpStatus: http.status, exchangeCode: 1_000, trace };
  const unreadable = { ...about, kind: 'transient', problem: 'unexpected-answer' } as const;
  if (typeof serverMs !== 'number' || !Number.isSafeInteger(serverMs))
    throw clockFailure('answered without a server_time in milliseconds', unreadable);
  if (ageSecondsOf(http) > 0) throw clockFailure('was answered from a cache', unreadable);
  const aheadMs = serverMs - ownMs;
  if (Math.abs(aheadMs) <= maxClockOffsetMs) return serverMs;
  const apart = `${durationText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} our own clock`;
  const words = `answered with server_time ${serverMs}, ${apart}; more than 5 minutes cannot be right. Let NTP keep this machine's clock; if that is right, BitMart's is wrong`;
  throw clockFailure(words, { ...about, kind: 'clock', problem: 'clock' });
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
  return clockFailure(`did not answer within ${triesWithinMs / 1_000} s`, {
    kind: 'transient',
    problem: 'exchange-unreachable',
    httpStatus: null,
    exchangeCode: null,
    trace: null,
  });
}

function clockFailure(
  words: string,
  details: Pick<FailureDetails, 'kind' | 'problem' | 'httpStatus' | 'exchangeCode' | 'trace'>,
): ExchangeFailure {
  const endpoint = '/system/time';
  return new ExchangeFailure({ ...details, message: `BitMart ${endpoint} ${words}`, endpoint, retryAfterMs: null });
}
