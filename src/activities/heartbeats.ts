import { Context } from '@temporalio/activity';

/** Most syncs end by then, and Temporal Cloud bills each heartbeat. The heartbeat timeout notices a worker that dies earlier. */
const quietMs = 5_000;
/**
 * Often enough that a killed worker is noticed within one heartbeat timeout (8 s at the least) even if one heartbeat is late,
 * and that a cancellation arrives soon although a wait for the exchange's limits can be long.
 */
const heartbeatMs = 2_000;

export interface Heartbeats {
  /** Something worth showing has happened. */
  beat(): void;
  stop(): void;
}

/** Sends heartbeats regularly, once an activity has taken a while. */
export function startHeartbeats(send: () => void): Heartbeats {
  let interval: NodeJS.Timeout | null = null;
  const quiet = setTimeout(() => {
    interval = setInterval(send, heartbeatMs);
    send();
  }, quietMs);
  return {
    beat() {
      if (interval !== null) send();
    },
    stop() {
      clearTimeout(quiet);
      if (interval !== null) clearInterval(interval);
    },
  };
}

/** Sends heartbeats while the work lasts, so that a killed worker is noticed within seconds. */
export async function whileAlive<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const heartbeats = startHeartbeats(() => context.heartbeat());
  try {
    return await work();
  } finally {
    heartbeats.stop();
  }
}
