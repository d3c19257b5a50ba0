import { Context } from '@temporalio/activity';

/**
 * Often enough that a killed worker is noticed within one heartbeat timeout (8 s at the least) although one is late, and that
 * a cancellation comes through soon; a wait for the exchange's limits can be long.
 */
export const heartbeatMs = 2_000;

/** Tells the server for as long as the work lasts that its worker lives: a killed one is noticed within seconds. */
export async function whileAlive<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const heart = setInterval(() => context.heartbeat(), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heart);
  }
}
