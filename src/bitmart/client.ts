import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request as send } from 'undici';
import { ExchangeFailure, type FailureKind } from '../history/failure.ts';
import type { Pace } from '../history/pace.ts';
import type { OpenKey } from '../history/ports.ts';
import { type Envelope, type HttpAnswer, openEnvelope, openLooseEnvelope } from './envelope.ts';
import { Gate } from './gate.ts';
import { spacingMs } from './limits.ts';
import { signatureOf } from './signature.ts';

export interface BitmartRequest {
  readonly host: 'spot' | 'futures';
  readonly method: 'GET' | 'POST';
  /** The path; pace and limits go by it. */
  readonly endpoint: string;
  /** KEYED sends the key alone; SIGNED proves secret and memo as well. */
  readonly level: 'none' | 'keyed' | 'signed';
  readonly parameters: Readonly<Record<string, string | number>>;
}

export interface ClientOptions {
  readonly spotUrl: string;
  readonly futuresUrl: string;
  readonly limits: 'published' | 'none';
  readonly rateShare: number;
  /** Requests that are under way together at the most, whatever the number of keys. @default no limit */
  readonly requestsAtOnce?: number;
  readonly pace: Pace;
  readonly userAgent?: string;
  readonly now?: () => number;
  readonly timeouts?: Partial<Timeouts>;
  /** Told of every request that was sent, for whoever counts. */
  readonly onRequest?: (request: RequestOutcome) => void;
}

export interface RequestOutcome {
  readonly endpoint: string;
  /** `answered`, or the kind of the failure. */
  readonly outcome: 'answered' | FailureKind;
  /** From sending to the whole answer; the wait for a turn is not in it. */
  readonly durationMs: number;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly bodyMs: number;
}

export interface Answer extends Envelope {
  readonly http: HttpAnswer;
  /** The exchange's clock when it answered, by our clock and the measured offset. */
  readonly clockMs: number;
}

const defaultTimeouts: Timeouts = { connectMs: 4_000, headersMs: 5_000, bodyMs: 5_000 };
const bodyBytesAtMost = 16 * 1024 * 1024;
/** Signed requests older than this are refused by the exchange; they are signed when they are sent, not when they queue. */
const receiveWindowMs = 5_000;
const triesAtMost = 3;
const triesWithinMs = 15_000;
const pauseBetweenTriesMs = [300, 1_000] as const;
const offsetValidMs = 300_000;
const measuringMs = 10_000;
/** What was sent longer ago is of no limit's concern. */
const sentKeptMs = 10_000;
const sentKeptAtMost = 2_000;

/**
 * Speaks HTTP with BitMart: signs, keeps the pace, and tries a request again where a moment later may help. Whatever is
 * not an answer with code 1000 and a message of success is thrown as ExchangeFailure; nothing secret is in it.
 */
export class BitmartClient {
  readonly #options: ClientOptions;
  readonly #now: () => number;
  readonly #agent: Agent;
  readonly #gate: Gate;
  /** When the last request with a key left for an endpoint, by this process's own clock. */
  readonly #sentMs = new Map<string, number>();
  #offsetMs = 0;
  #offsetMeasuredAtMs: number | null = null;
  #measuring: Promise<void> | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#gate = new Gate(options.requestsAtOnce ?? Number.POSITIVE_INFINITY);
    const timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#agent = new Agent({
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      maxResponseSize: bodyBytesAtMost,
    });
  }

  /** The exchange's clock, as measured last. */
  clockMs(): number {
    return this.#now() + this.#offsetMs;
  }

  /** Asks once its turn has come. Transient failures are tried again, at most three times within 15 seconds. */
  ask(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<Answer> {
    return this.#tried(() => this.#once(request, key, signal), signal);
  }

  async #tried<Result>(once: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    await this.measureClock(signal, false);
    const startedMs = this.#now();
    let clockCorrected = false;
    for (let tries = 1; ; tries++) {
      try {
        return await once();
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error;
        const { kind } = error.details;
        if (kind === 'clock' && !clockCorrected) {
          clockCorrected = true;
          await this.measureClock(signal, true);
          continue;
        }
        const pauseMs = pauseBetweenTriesMs[tries - 1];
        const timeLeft = this.#now() - startedMs + (pauseMs ?? 0) < triesWithinMs;
        if (kind !== 'transient' || tries >= triesAtMost || pauseMs === undefined || !timeLeft) throw error;
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }

  /**
   * For the one endpoint with an envelope of its own (`code`, `msg`, `data`, `success`): its data, or null when it does not
   * say success in any way that we know. Which `code` means success there is not documented. What may pass (5xx, limits,
   * web pages of the edge) is tried again and then thrown as ExchangeFailure.
   */
  askLoosely(request: BitmartRequest, key: OpenKey, signal: AbortSignal): Promise<Record<string, unknown> | null> {
    return this.#tried(async () => {
      if (this.#options.limits === 'published') await this.#turn(request, key, signal);
      const http = await this.#exchange(request, key, signal);
      await this.#heedLimits(request, key, http);
      return openLooseEnvelope(http, request.endpoint);
    }, signal);
  }

  /** Measures the offset of our clock from the exchange's; a clock that is one second ahead is refused. */
  async measureClock(signal: AbortSignal, anew: boolean): Promise<void> {
    const age = this.#offsetMeasuredAtMs === null ? Number.POSITIVE_INFINITY : this.#now() - this.#offsetMeasuredAtMs;
    if (!anew && age < offsetValidMs) return;
    // Shared by everybody who asks meanwhile, so that it does not end with the one who asked first.
    this.#measuring ??= this.#measure(AbortSignal.timeout(measuringMs)).finally(() => {
      this.#measuring = null;
    });
    await this.#measuring;
    signal.throwIfAborted();
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const request = { host: 'spot', method: 'GET', endpoint: '/system/time', level: 'none', parameters: {} } as const;
    const beforeMs = this.#now();
    const { data } = await this.#once(request, null, signal);
    const afterMs = this.#now();
    const serverMs = Number((data as { server_time?: unknown } | null)?.server_time);
    if (!Number.isSafeInteger(serverMs)) return;
    this.#offsetMs = serverMs - Math.round((beforeMs + afterMs) / 2);
    this.#offsetMeasuredAtMs = afterMs;
  }

  async #once(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<Answer> {
    if (this.#options.limits === 'published') await this.#turn(request, key, signal);
    const startedMs = performance.now();
    let durationMs: number | null = null;
    const told = (outcome: RequestOutcome['outcome']) =>
      this.#options.onRequest?.({
        endpoint: request.endpoint,
        outcome,
        durationMs: durationMs ?? performance.now() - startedMs,
      });
    try {
      const http = await this.#exchange(request, key, signal);
      const clockMs = this.clockMs();
      durationMs = performance.now() - startedMs;
      await this.#heedLimits(request, key, http);
      const envelope = openEnvelope(http, request.endpoint);
      told('answered');
      return { ...envelope, http, clockMs };
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      told(error.details.kind);
      if (error.details.kind === 'banned') {
        const untilMs = Date.now() + (error.details.retryAfterMs ?? 0);
        await this.#options.pace.coolDown({ untilMs, reason: error.message });
      }
      throw error;
    }
  }

  async #turn(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<void> {
    const { endpoint } = request;
    const turn = {
      fingerprint: key?.fingerprint ?? 'public',
      endpoint,
      spacingMs: spacingMs(endpoint, this.#options.rateShare),
    };
    await this.#options.pace.waitForTurn(turn, signal);
    // A busy process may take a turn late; the next one, on time, would then follow too closely. Half of what is left of
    // the limit makes up for the delay, the other half stays for what the network does to the distance.
    const leastMs = spacingMs(endpoint, (1 + this.#options.rateShare) / 2);
    const soonestMs = (this.#sentMs.get(nameOf(request, key)) ?? 0) + leastMs;
    const earlyMs = soonestMs - performance.now();
    if (earlyMs > 0) await sleep(Math.ceil(earlyMs), undefined, { signal });
  }

  /**
   * `X-BM-RateLimit-Remaining` counts the calls used, despite its name. At the limit the next call waits for one of those to
   * drop out of the window, which evenly spaced calls do by themselves; after a refusal a whole window is waited.
   */
  async #heedLimits(request: BitmartRequest, key: OpenKey | null, http: HttpAnswer): Promise<void> {
    if (this.#options.limits === 'none') return;
    const header = (name: string) => Number(http.headers.get(`x-bm-ratelimit-${name}`) ?? 'NaN');
    const windowMs = (header('reset') > 0 ? header('reset') : 2) * 1_000;
    const [used, limit] = [header('remaining'), header('limit')];
    const refused = http.status === 429 || used > limit;
    if (!refused && !(used === limit && limit > 0)) return;
    const pauseMs = refused ? windowMs : windowMs / limit;
    const fingerprint = key?.fingerprint ?? 'public';
    await this.#options.pace.slowDown({ fingerprint, endpoint: request.endpoint, untilMs: Date.now() + pauseMs });
  }

  /** Signed only once it may leave: a signature gets old. */
  async #exchange(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<HttpAnswer> {
    await this.#gate.enter(signal);
    this.#noteSending(request, key);
    try {
      return await this.#send(request, key, signal);
    } finally {
      this.#gate.leave();
    }
  }

  #noteSending(request: BitmartRequest, key: OpenKey | null): void {
    if (this.#options.limits === 'none') return;
    const nowMs = performance.now();
    if (this.#sentMs.size >= sentKeptAtMost) {
      for (const [name, sentMs] of this.#sentMs) if (nowMs - sentMs > sentKeptMs) this.#sentMs.delete(name);
    }
    this.#sentMs.set(nameOf(request, key), nowMs);
  }

  async #send(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<HttpAnswer> {
    const base = request.host === 'spot' ? this.#options.spotUrl : this.#options.futuresUrl;
    const url = new URL(request.endpoint, base);
    const headers: Record<string, string> = {
      'user-agent': this.#options.userAgent ?? 'bitmart-sync',
      accept: 'application/json',
    };
    let body: string | null = null;
    if (request.method === 'GET') {
      for (const [name, value] of Object.entries(request.parameters)) url.searchParams.set(name, String(value));
    } else {
      const window = request.level === 'signed' ? { recvWindow: receiveWindowMs } : {};
      body = JSON.stringify({ ...request.parameters, ...window });
      headers['content-type'] = 'application/json';
    }
    if (key && request.level !== 'none') headers['x-bm-key'] = key.apiKey;
    if (key && request.level === 'signed') {
      const timestampMs = this.clockMs();
      headers['x-bm-timestamp'] = String(timestampMs);
      headers['x-bm-sign'] = signatureOf({ apiSecret: key.apiSecret, memo: key.memo, timestampMs, body: body ?? '' });
    }
    try {
      const answer = await send(url, { method: request.method, headers, body, dispatcher: this.#agent, signal });
      const bytes = new Uint8Array(await answer.body.arrayBuffer());
      const told = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
      return { status: answer.statusCode, headers: new Map(told), text: new TextDecoder().decode(bytes), bytes };
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(request, error);
    }
  }
}

function nameOf({ endpoint }: BitmartRequest, key: OpenKey | null): string {
  return `${key?.fingerprint ?? 'public'} ${endpoint}`;
}

/** Reset, time-out, refused connection, an answer cut off or far too large: the error's own text could quote the request, so only its code is kept. */
function unreachable(request: BitmartRequest, error: unknown): ExchangeFailure {
  const code = (error as { code?: unknown } | null)?.code;
  const what = typeof code === 'string' ? code : 'connection failed';
  return new ExchangeFailure({
    kind: 'transient',
    problem: 'exchange-unreachable',
    message: `BitMart ${request.endpoint} could not be reached or broke off (${what})`,
    httpStatus: null,
    exchangeCode: null,
    endpoint: request.endpoint,
    retryAfterMs: null,
    trace: null,
  });
}
