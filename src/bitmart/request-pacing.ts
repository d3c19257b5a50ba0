import type { FailureDetails } from '../history/failure.ts';
import { type Pace, severalKeysThrottled, unprovenKeys } from '../history/pace.ts';
import type { OpenKey } from '../history/ports.ts';
import { RecentMap } from '../recent-map.ts';
import type { HttpAnswer } from './envelope.ts';
import { rateLimitWindowMs } from './exchange-waits.ts';
import { type Over, Sendings } from './sendings.ts';

interface PacingOptions {
  readonly pace: Pace;
  readonly limits: 'published' | 'none';
  readonly rateShare: number;
  readonly monotonicNow: () => number;
}

/** As many keys and endpoints as one process could request within a minute: no limit counts what was sent earlier. */
const maxSent = 2_000;
/** As many windows as one read has in flight. */
const maxInOrder = 8;

interface PacedRequest {
  readonly endpoint: string;
  readonly callsIn2Seconds: number;
}

/** Two keys that meet a 429 within this time share no key's limit: the address is over its own. */
const sharedLimitWithinMs = 10_000;

/**
 * Keys that were never accepted share one row of slots, across all owners: every refusal counts against our address, and a
 * stranger can invent any number of keys. Four a second are a tenth of what one real key may request.
 */
const unprovenSlot = { fingerprint: unprovenKeys, endpoint: '*', spacingMs: 250 } as const;

/** Holds requests back until they may be sent, and slows down when answers demand it. */
export class RequestPacing {
  readonly #options: PacingOptions;
  /** What was sent with a key to an endpoint. */
  readonly #sendings = new RecentMap<string, Sendings>(maxSent);
  /** Requests that wait for their slot, by key and endpoint. */
  readonly #queues = new Map<string, { waiting: number; last: Promise<void> }>();
  /** For each candidate a signal, aborted when the exchange first answers a request with it. */
  readonly #proofs = new RecentMap<string, AbortController>(maxSent);
  /** When each key met its last 429. */
  readonly #throttledMs = new RecentMap<string, number>(maxSent);

  constructor(options: PacingOptions) {
    this.#options = options;
  }

  async waitForSlot(request: PacedRequest, key: OpenKey | null, signal: AbortSignal): Promise<void> {
    const { limits, pace, rateShare } = this.#options;
    if (limits === 'none') return;
    const { endpoint, callsIn2Seconds } = request;
    if (this.#isUnproven(key)) await this.#waitUnproven(key, signal);
    const slot = { fingerprint: fingerprintOf(key), endpoint, spacingMs: spacingMs(callsIn2Seconds, rateShare) };
    await this.#inOrder(nameOf(endpoint, key), () => pace.waitForSlot(slot, signal));
  }

  /** Ends early when another request proves the key, because a person waits for its check. */
  async #waitUnproven({ fingerprint }: OpenKey, signal: AbortSignal): Promise<void> {
    const proof = this.#proofOf(fingerprint).signal;
    try {
      await this.#options.pace.waitForSlot(unprovenSlot, AbortSignal.any([signal, proof]));
    } catch (error) {
      if (signal.aborted || !proof.aborted) throw error;
    }
  }

  /**
   * A slot is reserved only once the previous one has come. Until then, answers about limits apply to every request that was
   * not sent, and an abandoned request has taken no slot.
   */
  async #inOrder(name: string, reserve: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(name) ?? { waiting: 0, last: Promise.resolve() };
    // So many requests come only from several accounts with one key: then Postgres says when to try again.
    if (queue.waiting >= maxInOrder) return await reserve();
    this.#queues.set(name, queue);
    queue.waiting++;
    const reserved = queue.last.then(reserve);
    queue.last = reserved
      .catch(() => undefined)
      .then(() => {
        queue.waiting--;
        if (queue.waiting === 0) this.#queues.delete(name);
      });
    await reserved;
  }

  /**
   * Returns when the request may be sent; the returned function is called once that is over. A busy process may use a slot
   * late, and one that is full may release several at once; the next request, on time, would then follow too closely. Half of
   * the limit's remainder makes up for the delay, the other half is left for what the network does to the distance.
   */
  async sending({ endpoint, callsIn2Seconds }: PacedRequest, key: OpenKey | null, signal: AbortSignal): Promise<Over> {
    const { limits, rateShare, monotonicNow } = this.#options;
    if (limits === 'none') return () => 0;
    const name = nameOf(endpoint, key);
    const sendings = this.#sendings.get(name) ?? new Sendings(monotonicNow);
    this.#sendings.set(name, sendings);
    return await sendings.next({ callsIn2Seconds, leastMs: spacingMs(callsIn2Seconds, (1 + rateShare) / 2) }, signal);
  }

  /** The spacing of requests; 0 if no limit is kept. */
  spacingMs({ callsIn2Seconds }: PacedRequest): number {
    const { limits, rateShare } = this.#options;
    return limits === 'none' ? 0 : spacingMs(callsIn2Seconds, rateShare);
  }

  /** The exchange has answered a request with the key, so it is a real one, whichever owner has it. */
  noteAnswered(key: OpenKey | null): void {
    if (key?.isUnproven) this.#proofOf(key.fingerprint).abort();
  }

  #isUnproven(key: OpenKey | null): key is OpenKey {
    return key?.isUnproven === true && !this.#proofOf(key.fingerprint).signal.aborted;
  }

  #proofOf(fingerprint: string): AbortController {
    const proof = this.#proofs.get(fingerprint) ?? new AbortController();
    this.#proofs.set(fingerprint, proof);
    return proof;
  }

  /**
   * `X-BM-RateLimit-Remaining` counts the calls used, despite its name. At the limit the next call waits for one of those to
   * drop out of the window; beyond the limit it waits a whole window. If all of them are `ours`, they are held back already by
   * what is known of each: on an uneven network the limit is often reached that way, and never exceeded.
   */
  async obeyHeaders(
    { endpoint, callsIn2Seconds }: PacedRequest,
    key: OpenKey | null,
    { headers }: HttpAnswer,
    ours: number,
  ): Promise<void> {
    if (this.#options.limits === 'none') return;
    const count = (name: string) => Number(headers.get(`x-bm-ratelimit-${name}`) ?? 'NaN');
    const [used, limit] = [count('remaining'), count('limit')];
    if (!(used >= limit && limit > 0)) return;
    const windowMs = rateLimitWindowMs(headers);
    const isLimitKept = limit >= callsIn2Seconds && windowMs <= 2_000;
    if (isLimitKept && used === limit && used <= ours) return;
    await this.#slowDown(endpoint, key, used > limit ? windowMs : windowMs / limit);
  }

  /** A ban, and a 429 that several keys meet, stop everything behind this address; one key's 429 slows that key. */
  async obeyFailure(key: OpenKey | null, failure: FailureDetails): Promise<void> {
    const { kind, endpoint, message } = failure;
    const waitMs = failure.retryAfterMs ?? 0;
    if (kind === 'throttled') await this.#slowDown(endpoint, key, waitMs);
    const isShared = kind === 'throttled' && key !== null && !this.#isUnproven(key) && this.#isShared(key);
    if (kind !== 'banned' && !isShared) return;
    const reason = isShared ? `${severalKeysThrottled}: ${message}` : message;
    await this.#options.pace.coolDown({ untilMs: Date.now() + waitMs, reason });
  }

  async #slowDown(endpoint: string, key: OpenKey | null, pauseMs: number): Promise<void> {
    const { pace } = this.#options;
    await pace.slowDown({ fingerprint: fingerprintOf(key), endpoint, untilMs: Date.now() + pauseMs });
  }

  #isShared({ fingerprint }: OpenKey): boolean {
    const nowMs = this.#options.monotonicNow();
    this.#throttledMs.dropWhile((atMs) => atMs < nowMs - sharedLimitWithinMs);
    this.#throttledMs.set(fingerprint, nowMs);
    return this.#throttledMs.size > 1;
  }
}

/** The spacing of evenly sent requests at this share of the published limit. */
function spacingMs(callsIn2Seconds: number, rateShare: number): number {
  return Math.ceil(2_000 / (callsIn2Seconds * rateShare));
}

/** Requests without a key count for the address. */
function fingerprintOf(key: OpenKey | null): string {
  return key?.fingerprint ?? 'public';
}

function nameOf(endpoint: string, key: OpenKey | null): string {
  return `${fingerprintOf(key)} ${endpoint}`;
}
