import { lastBalancesAt, saveBalances } from '../database/index.ts';
import type { Reader } from '../history/ports.ts';
import { finalTurnsMs } from '../history/sweep.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Shortly before the exchange closes its platform, with every final sweep: what the account still holds. Best effort: a
 * refusal is written down, and nothing of the history depends on it.
 */
export async function keepFinalBalances(
  { database, exchange, settings }: Dependencies,
  accountId: string,
  reader: Reader,
  signal: AbortSignal,
): Promise<void> {
  const nowMs = exchange.clockMs();
  const turnMs = Math.max(0, ...finalTurnsMs(accountId, settings).filter((turn) => turn <= nowMs));
  if (turnMs === 0 || reader.balances === undefined || signal.aborted) return;
  const last = await lastBalancesAt(database, accountId);
  if (last !== null && last.getTime() >= turnMs) return;
  await saveBalances(database, accountId, new Date(nowMs), await reader.balances(signal));
}
