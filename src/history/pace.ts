/**
 * Keeps everything that is read with one key inside the exchange's limits, however many workers, attempts or owners share it:
 * requests evenly spaced, no bursts, so that it is right for fixed and for sliding windows.
 */
export interface Pace {
  /** Resolves when it is this key's turn at this endpoint. Throws ExchangeFailure `throttled` when that is far off. */
  waitForTurn(turn: Turn, signal: AbortSignal): Promise<void>;
  /** Nobody behind this address asks anything until then. */
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
