/**
 * When an account is due again. Every account has its own slot within the interval, by a hash of its id, so that many accounts
 * spread out and do not align again after an outage; a little jitter keeps them from running in lockstep.
 */
export function nextDueMs(accountId: string, nowMs: number, intervalMs: number, random: () => number): number {
  const slotMs = hashOf(accountId) % intervalMs;
  const jitterMs = Math.floor(random() * intervalMs * jitterShare);
  const next = Math.floor((nowMs - slotMs) / intervalMs) * intervalMs + slotMs + intervalMs;
  // If the next slot is only a moment away, it is the one after it.
  const due = next - nowMs < intervalMs * leastShare ? next + intervalMs : next;
  return due + jitterMs;
}

/** After a failure: soon at first, then at growing intervals, never later than the next regular time. */
export function retryDueMs(nowMs: number, failures: number, intervalMs: number): number {
  return nowMs + Math.min(intervalMs, firstRetryMs * 2 ** Math.min(failures, 12));
}

const jitterShare = 0.05;
const leastShare = 0.25;
const firstRetryMs = 30_000;

/** FNV-1a, 32 bits: the same on every machine. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
