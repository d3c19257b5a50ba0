import { Agent, request as send } from 'undici';
import { ExchangeFailure, type FailureKind } from '../history/failure.ts';
import type { Pace } from '../history/pace.ts';
import type { OpenKey } from '../history/ports.ts';
import { type ClampName, maxBytesOf, maxBytesOfAny } from './clamps.ts';
import {
  type Envelope,
  type HttpAnswer,
  type Opening,
  openEnvelope,
  openLooseEnvelope,
  senseless,
} from './envelope.ts';
import { ExchangeClock } from './exchange-clock.ts';
import { exceedsWaits } from './exchange-waits.ts';
import { type ExchangeWords, exchangeWordsOf } from './exchange-words.ts';
import { Gate } from './gate.ts';
import { readBody } from './http-body.ts';
import { RequestPacing } from './request-pacing.ts';
import { signatureOf } from './signature.ts';
import { withTries } from './tries.ts';

export interface BitmartRequest {
  readonly host: 'spot' | 'futures';
  readonly method: 'GET' | 'POST';
  /** The path; pace and limits go by it. */
  readonly endpoint: string;
  /**
   * The published limit of the endpoint, per key. A bot that the user runs on the same key shares it, which is why only a
   * share of it is used (RATE_SHARE).
   */
  readonly callsIn2Seconds: number;
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
  /** Milliseconds since the epoch by our own clock. @default Date.now */
  readonly now?: () => number;
  /** Milliseconds since any instant, by a clock that no one sets. @default performance.now */
  readonly monotonicNow?: () => number;
  readonly timeouts?: Partial<Timeouts>;
  /** Before the second and every further try of a request. @default 0.3 s and 1 s */
  readonly retryPausesMs?: readonly number[];
  /** Told of every request that was sent, for whoever counts. */
  readonly onRequest?: (request: RequestOutcome) => void;
  /** Told of everything that an answer exceeds; see clamps.ts. */
  readonly onClamp?: (clamp: ClampName, endpoint: string) => void;
  /** Told of the exchange's own words about a request that failed, redacted: for a log of level debug. */
  readonly onExchangeWords?: (words: ExchangeWords) => void;
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
  /** From sending to the last byte: an answer that trickles in must not keep a place among those under way. */
  readonly answerMs: number;
}

export interface Answer extends Envelope {
  readonly http: HttpAnswer;
  /** The exchange's clock when it answered. */
  readonly clockMs: number;
}

interface Received<Content> extends Omit<Answer, keyof Envelope> {
  readonly content: Content;
  /** By the monotonic clock. */
  readonly receivedAtMs: number;
}

/** The slowest try ends within 14 s, so that a request, tries included, ends soon after its 15 s. */
const defaultTimeouts: Timeouts = { connectMs: 4_000, headersMs: 5_000, bodyMs: 5_000, answerMs: 15_000 };
/** Signed requests older than this are refused by the exchange; they are signed when they are sent, not when they queue. */
const receiveWindowMs = 5_000;
const timeRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/system/time',
  callsIn2Seconds: 20,
  level: 'none',
  parameters: {},
};

/**
 * Speaks HTTP with BitMart: signs, keeps the pace, and tries a request again where a moment later may help. Whatever is
 * not an answer with code 1000 and a message of success is thrown as ExchangeFailure; nothing secret is in it.
 */
export class BitmartClient {
  readonly #options: ClientOptions;
  readonly #monotonicNow: () => number;
  readonly #agent: Agent;
  readonly #gate: Gate;
  readonly #pacing: RequestPacing;
  readonly #clock: ExchangeClock;
  readonly #timeouts: Timeouts;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#gate = new Gate(options.requestsAtOnce ?? Number.POSITIVE_INFINITY);
    this.#pacing = new RequestPacing({ ...options, monotonicNow: this.#monotonicNow });
    this.#clock = new ExchangeClock({
      askTime: async (signal) => {
        const { content, ...received } = await this.#once(timeRead, null, signal, openEnvelope);
        return { ...content, ...received };
      },
      now: options.now ?? Date.now,
      monotonicNow: this.#monotonicNow,
      onImpossible: () => this.noteClamp('clock', timeRead.endpoint),
    });
    const timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#timeouts = timeouts;
    this.#agent = new Agent({
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      maxResponseSize: maxBytesOfAny,
    });
  }

  /** The exchange's clock, as measured last. */
  clockMs(): number {
    return this.#clock.nowMs();
  }

  /** Measures that clock unless it was measured lately. */
  measureClock(signal: AbortSignal): Promise<void> {
    return this.#clock.measure(signal);
  }

  /** Asks once its turn has come. Transient failures are tried again, at most three times within 15 seconds. */
  async ask(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<Answer> {
    const { content, http, clockMs } = await this.#tried(request, key, signal, openEnvelope);
    return { ...content, http, clockMs };
  }

  /**
   * For the one endpoint with an envelope of its own (`code`, `msg`, `data`, `success`): its data, or null when it does not
   * say success in any way that we know. Which `code` means success there is not documented. What may pass (5xx, limits,
   * web pages of the edge) is tried again and then thrown as ExchangeFailure.
   */
  async askLoosely(
    request: BitmartRequest,
    key: OpenKey,
    signal: AbortSignal,
  ): Promise<Record<string, unknown> | null> {
    return (await this.#tried(request, key, signal, openLooseEnvelope)).content;
  }

  /** Counts what an answer exceeds. */
  noteClamp(clamp: ClampName, endpoint: string): void {
    this.#options.onClamp?.(clamp, endpoint);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #tried<Content>(
    request: BitmartRequest,
    key: OpenKey | null,
    signal: AbortSignal,
    open: Open<Content>,
  ): Promise<Received<Content>> {
    await this.#clock.measure(signal);
    let isCorrected = false;
    return withTries(
      async () => {
        try {
          return await this.#once(request, key, signal, open);
        } catch (error) {
          if (isCorrected || !(error instanceof ExchangeFailure) || error.details.kind !== 'clock') throw error;
          isCorrected = true;
          await this.#clock.measure(signal, { anew: true });
          return await this.#once(request, key, signal, open);
        }
      },
      signal,
      this.#options.retryPausesMs,
    );
  }

  async #once<Content>(
    request: BitmartRequest,
    key: OpenKey | null,
    signal: AbortSignal,
    open: Open<Content>,
  ): Promise<Received<Content>> {
    const { endpoint } = request;
    const secrets = key === null ? [] : [key.apiKey, key.apiSecret];
    let http: HttpAnswer | null = null;
    await this.#pacing.waitForTurn(request, key, signal);
    const startedMs = performance.now();
    let durationMs: number | null = null;
    const report = (outcome: RequestOutcome['outcome']) =>
      this.#options.onRequest?.({ endpoint, outcome, durationMs: durationMs ?? performance.now() - startedMs });
    try {
      http = await this.#exchange(request, key, signal, secrets);
      const received = { http, clockMs: this.clockMs(), receivedAtMs: this.#monotonicNow() };
      durationMs = performance.now() - startedMs;
      if (exceedsWaits(http.headers)) this.noteClamp('wait', endpoint);
      await this.#pacing.obeyHeaders(endpoint, key, http);
      const content = open(http, { endpoint, secrets, note: (clamp) => this.noteClamp(clamp, endpoint) });
      this.#pacing.noteAnswered(key);
      report('answered');
      return { content, ...received };
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      report(error.details.kind);
      if (http !== null)
        this.#options.onExchangeWords?.(exchangeWordsOf(endpoint, http, [...secrets, key?.memo ?? '']));
      await this.#pacing.obeyFailure(key, error.details);
      throw error;
    }
  }

  /** Signed only once it may leave: a signature gets old. */
  async #exchange(
    request: BitmartRequest,
    key: OpenKey | null,
    signal: AbortSignal,
    secrets: string[],
  ): Promise<HttpAnswer> {
    await this.#gate.enter(signal);
    this.#pacing.noteSending(request.endpoint, key);
    try {
      return await this.#send(request, key, signal, secrets);
    } finally {
      this.#gate.leave();
    }
  }

  async #send(
    request: BitmartRequest,
    key: OpenKey | null,
    signal: AbortSignal,
    secrets: string[],
  ): Promise<HttpAnswer> {
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
      const signature = signatureOf({ apiSecret: key.apiSecret, memo: key.memo, timestampMs, body: body ?? '' });
      headers['x-bm-sign'] = signature;
      secrets.push(signature);
    }
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#timeouts.answerMs)]);
    try {
      const answer = await send(url, {
        method: request.method,
        headers,
        body,
        dispatcher: this.#agent,
        signal: within,
      });
      const maxBytes = maxBytesOf(request.endpoint);
      const bytes = await readBody(answer.body, maxBytes);
      if (bytes === null) {
        this.noteClamp('bytes', request.endpoint);
        throw senseless({ status: answer.statusCode }, request.endpoint, `it is longer than ${maxBytes} bytes`);
      }
      const told = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
      return { status: answer.statusCode, headers: new Map(told), text: new TextDecoder().decode(bytes), bytes };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ExchangeFailure) throw error;
      throw unreachable(request, error);
    }
  }
}

/** Reads an answer, or throws ExchangeFailure. */
type Open<Content> = (http: HttpAnswer, opening: Opening) => Content;

/** Reset, time-out, refused connection, an answer cut off or far too large: the error's own text could quote the request, so only its code is kept. */
function unreachable(request: BitmartRequest, error: unknown): ExchangeFailure {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const what =
    typeof code === 'string' ? code : name === 'TimeoutError' ? 'the answer took too long' : 'connection failed';
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
