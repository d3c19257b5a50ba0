/**
 * Keeps all requests of one key within the exchange's limits, however many workers, attempts or owners share it: evenly spaced,
 * without bursts, so that it is right for fixed and for sliding windows.
 */
export interface Pace {
  /** Resolves at the key's next slot at this endpoint. Throws ExchangeFailure `throttled` if that is too far away. */
  waitForSlot(slot: Slot, signal: AbortSignal): Promise<void>;
  /** No process behind this address sends anything before then. */
  coolDown(pause: { readonly untilMs: number; readonly reason: string }): Promise<void>;
  /** This key sends nothing to this endpoint before then, because its limit is used up. */
  slowDown(pause: { readonly fingerprint: string; readonly endpoint: string; readonly untilMs: number }): Promise<void>;
}

export interface Slot {
  readonly fingerprint: string;
  readonly endpoint: string;
  readonly spacingMs: number;
}

/** The longest waits that are obeyed: everything that the exchange says about waiting is clamped, stored or not. */
export const longestWaits = {
  /** A pause of a whole address: after a quarter of an hour one request shows whether the ban is over. */
  coolDownMs: 900_000,
  /** One key at one endpoint: no limit has a window longer than 60 s. */
  slowDownMs: 60_000,
  /** A reservation: twice that. This program never reserves further ahead, so such a reservation is ignored. */
  reservationMs: 120_000,
} as const;

/** Keys that the exchange has not accepted yet share one row of slots. */
export const unprovenKeys = 'unproven';

/** How the reason of a pause begins that is no ban: several keys met a 429 at once. */
export const severalKeysThrottled = 'several keys meet a 429 at once';
