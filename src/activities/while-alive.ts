import { Context } from '@temporalio/activity';
import { startHeartbeats } from './heartbeats.ts';

/** Tells the server for as long as the work lasts that its worker lives: a killed one is noticed within seconds. */
export async function whileAlive<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const heartbeats = startHeartbeats(() => context.heartbeat());
  try {
    return await work();
  } finally {
    heartbeats.stop();
  }
}
