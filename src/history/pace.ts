/**
 * Keeps everything that is read with one key inside the exchange's limits, however many workers, attempts or owners share it:
 * requests evenly spaced, no bursts, so that it is right for fixed and for sliding windows.
 */
export interface Pace {
  /** Resolves when it is this key's turn at this endpoint. Throws ExchangeFailure `throttled` when that is far off. */
  waitForTurn(turn: Turn, signal: AbortSignal): Promise<void>;
  /** No process behind this address sends anything until then. */
  coolDown(pause: { readonly untilMs: number; readonly reason: string }): Promise<void>;
  /** This key does not ask this endpoint until then: it has used up what it may. */
  slowDown(pause: { readonly fingerprint: string; readonly endpoint: string; readonly untilMs: number }): Promise<void>;
}

export interface Turn {
  readonly fingerprint: string;
  readonly endpoint: string;
  /** From one request to the next. */
  readonly spacingMs: number;
}

/** The longest waits that are believed, whichever process stored them: everything that the exchange tells us about waiting is clamped. */
export const longestWaits = {
  /** A pause of a whole address: after a quarter of an hour one request shows where a ban stands. */
  coolDownMs: 900_000,
  /** One key at one endpoint: no window of a limit is longer than 60 s. */
  slowDownMs: 60_000,
  /** A reservation: twice that. What lies further away was never made by this program, and is not honoured. */
  reservationMs: 120_000,
} as const;

/** Turns of keys that the exchange has not accepted yet are taken in one row by all of them. */
export const unprovenLane = 'unproven';
