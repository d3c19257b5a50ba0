import { ExchangeFailure, type FailureKind } from '../history/failure.ts';
import type { Pace } from '../history/pace.ts';
import type { OpenKey } from '../history/ports.ts';
import type { ClampName } from './clamps.ts';
import { type Envelope, type HttpAnswer, type Opening, openEnvelope, openLooseEnvelope } from './envelope.ts';
import { ExchangeClock } from './exchange-clock.ts';
import { exceedsWaits } from './exchange-waits.ts';
import { type ExchangeWords, exchangeWordsOf } from './exchange-words.ts';
import { Gate } from './gate.ts';
import { RequestPacing } from './request-pacing.ts';
import { RoundTrips } from './round-trips.ts';
import type { Over } from './sendings.ts';
import { openTime, timeRead } from './system-time.ts';
import { type BitmartRequest, Transport, type TransportOptions } from './transport.ts';
import { withTries } from './tries.ts';

export interface ClientOptions extends Omit<TransportOptions, 'onTooLong'> {
  readonly limits: 'published' | 'none';
  readonly rateShare: number;
  /** The most requests in flight, over all keys. @default no limit */
  readonly requestsAtOnce?: number;
  readonly pace: Pace;
  /** Milliseconds since the epoch by our own clock. @default Date.now */
  readonly now?: () => number;
  /** Milliseconds since any instant, by a monotonic clock. @default performance.now */
  readonly monotonicNow?: () => number;
  /** Pauses before the second and every further try of a request. @default 0.3 s and 1 s */
  readonly retryPausesMs?: readonly number[];
  /** Called with every request that was sent, for metrics. */
  readonly onRequest?: (request: RequestOutcome) => void;
  /** Called with everything that an answer exceeds; see clamps.ts. */
  readonly onClamp?: (clamp: ClampName, endpoint: string) => void;
  /** Called with the exchange's own message about a failed request, redacted: for a log of level debug. */
  readonly onExchangeWords?: (words: ExchangeWords) => void;
}

export interface RequestOutcome {
  readonly endpoint: string;
  readonly outcome: 'answered' | FailureKind;
  /** From sending to the whole answer, without the wait for a rate-limit slot. */
  readonly durationMs: number;
}

export interface Answer extends Envelope {
  readonly http: HttpAnswer;
  /** The exchange's clock when it answered. */
  readonly clockMs: number;
}

/** What requests with one key are made of. */
export interface Asker {
  readonly client: BitmartClient;
  readonly key: OpenKey;
  readonly signal: AbortSignal;
}

interface Received<Content> extends Omit<Answer, keyof Envelope> {
  readonly content: Content;
  /** By the monotonic clock. */
  readonly receivedAtMs: number;
}

/**
 * Sends requests to BitMart: keeps the pace, opens the envelope, and retries where a moment later may help. An answer without
 * code 1000 and a message of success is thrown as ExchangeFailure, which holds nothing secret.
 */
export class BitmartClient {
  readonly #options: ClientOptions;
  readonly #monotonicNow: () => number;
  readonly #transport: Transport;
  readonly #gate: Gate;
  readonly #pacing: RequestPacing;
  readonly #roundTrips = new RoundTrips();
  readonly #clock: ExchangeClock;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#gate = new Gate(options.requestsAtOnce ?? Number.POSITIVE_INFINITY);
    this.#pacing = new RequestPacing({ ...options, monotonicNow: this.#monotonicNow });
    this.#clock = new ExchangeClock({
      askTime: async (signal) => {
        const from = async (host: BitmartRequest['host']) => {
          const { content, ...received } = await this.#once({ ...timeRead, host }, null, signal, openTime);
          return { ...content, ...received };
        };
        // Each host has the time: whatever has become of the one of spot, the streams of the other can still be read.
        return from('spot').catch((error: unknown) => {
          if (!(error instanceof ExchangeFailure) || isLimit(error.details.kind)) throw error;
          return from('futures').catch(() => {
            throw error;
          });
        });
      },
      now: options.now ?? Date.now,
      monotonicNow: this.#monotonicNow,
      onImpossible: () => this.noteClamp('clock', timeRead.endpoint),
    });
    this.#transport = new Transport({ ...options, onTooLong: (endpoint) => this.noteClamp('bytes', endpoint) });
  }

  /** The exchange's clock, as measured last. */
  clockMs(): number {
    return this.#clock.nowMs();
  }

  /** Measures that clock unless it was measured recently. */
  measureClock(signal: AbortSignal): Promise<void> {
    return this.#clock.measure(signal);
  }

  /** Sends the request in its rate-limit slot. Transient failures are retried, at most three times within 15 seconds. */
  async ask(request: BitmartRequest, key: OpenKey | null, signal: AbortSignal): Promise<Answer> {
    const { content, http, clockMs } = await this.#tried(request, key, signal, openEnvelope);
    return { ...content, http, clockMs };
  }

  /**
   * For the one endpoint with its own envelope (`code`, `msg`, `data`, `success`): its data, or null unless it reports success
   * in a way that we know. Which `code` means success there is not documented. Failures that may pass (5xx, limits, web pages
   * of the edge) are retried and then thrown as ExchangeFailure.
   */
  async askLoosely(
    request: BitmartRequest,
    key: OpenKey,
    signal: AbortSignal,
  ): Promise<Record<string, unknown> | null> {
    return (await this.#tried(request, key, signal, openLooseEnvelope)).content;
  }

  /** How many requests must be in flight beside one, so that only the endpoint's limit slows reading; 0 without a limit. */
  readAhead(endpoint: string): number {
    return this.#roundTrips.ahead(endpoint);
  }

  noteClamp(clamp: ClampName, endpoint: string): void {
    this.#options.onClamp?.(clamp, endpoint);
  }

  async close(): Promise<void> {
    await this.#transport.close();
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
    const secrets = key === null ? [] : [key.credentials.apiKey, key.credentials.apiSecret];
    let http: HttpAnswer | null = null;
    await this.#pacing.waitForSlot(request, key, signal);
    const sending: Sent = { startedMs: performance.now(), ours: 0 };
    let durationMs: number | null = null;
    const report = (outcome: RequestOutcome['outcome']) =>
      this.#options.onRequest?.({ endpoint, outcome, durationMs: durationMs ?? performance.now() - sending.startedMs });
    try {
      http = await this.#exchange(request, key, signal, secrets, sending);
      const received = { http, clockMs: this.clockMs(), receivedAtMs: this.#monotonicNow() };
      durationMs = performance.now() - sending.startedMs;
      if (exceedsWaits(http.headers)) this.noteClamp('wait', endpoint);
      await this.#pacing.obeyHeaders(request, key, http, sending.ours);
      const content = open(http, { secrets, note: (clamp) => this.noteClamp(clamp, endpoint) });
      this.#pacing.noteAnswered(key);
      this.#roundTrips.note(endpoint, { durationMs, spacingMs: this.#pacing.spacingMs(request) });
      report('answered');
      return { content, ...received };
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      report(error.details.kind);
      if (http !== null)
        this.#options.onExchangeWords?.(exchangeWordsOf(http, [...secrets, key?.credentials.memo ?? '']));
      await this.#pacing.obeyFailure(key, error.details);
      throw error;
    }
  }

  /** Signs the request only when it is sent, because signatures expire. */
  async #exchange(
    request: BitmartRequest,
    key: OpenKey | null,
    signal: AbortSignal,
    secrets: string[],
    sending: Sent,
  ): Promise<HttpAnswer> {
    await this.#gate.enter(signal);
    let over: Over = () => 0;
    try {
      over = await this.#pacing.sending(request, key, signal);
      sending.startedMs = performance.now();
      return await this.#transport.send(request, { key, timestampMs: this.clockMs(), signal, secrets });
    } finally {
      sending.ours = over();
      this.#gate.leave();
    }
  }
}

interface Sent {
  /** When it was sent, after the wait for a place. */
  startedMs: number;
  /** How many of our calls BitMart may have counted when it counted this one. */
  ours: number;
}

/** More requests, wherever they go, would make it last longer. */
function isLimit(kind: FailureKind): boolean {
  return kind === 'throttled' || kind === 'banned';
}

/** Reads an answer, or throws ExchangeFailure. */
type Open<Content> = (http: HttpAnswer, opening: Opening) => Content;
