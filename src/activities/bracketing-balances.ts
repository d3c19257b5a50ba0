import { pairOfWallet } from '../books/wallets.ts';
import { type BalanceMoment, lastBalances, openNamedPairs, saveBalances } from '../database/index.ts';
import { hashOf } from '../history/due-time.ts';
import { ExchangeFailure } from '../history/failure.ts';
import type { Reader, WalletBalances } from '../history/ports.ts';
import { finalTurnsMs } from '../history/sweep.ts';
import { reportDifferences } from './balance-alarms.ts';
import type { SyncRequest } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

const dayMs = 86_400_000;

/**
 * Balances are read before and after the first sync of a day, a requested sync and each final sweep, so that a record that
 * comes in between can't look like a difference. Isolated margin, where balances prove nothing, is read only before. Best
 * effort: no history depends on it.
 */
export async function keepBalances(
  dependencies: Dependencies,
  request: SyncRequest,
  { moment, reader, signal, first }: BalanceRead,
): Promise<void> {
  if (reader.balances === undefined || signal.aborted || !isOfFirstGroup(dependencies, request)) return;
  if (!(await isDue(dependencies, request, moment))) return;
  try {
    await first?.();
    const balances = await reader.balances(signal);
    const ofPairs = moment === 'before' ? ((await reader.pairBalances?.(signal)) ?? []) : [];
    await openPairsOf(dependencies, request, ofPairs);
    await saveBalances(dependencies.database, request.accountId, moment, [...balances, ...ofPairs]);
    if (moment === 'after') await reportDifferences(dependencies, request.accountId);
  } catch (error) {
    // If the exchange does not answer, the streams report it, and the next sync tries again.
    if (!(error instanceof ExchangeFailure)) throw error;
  }
}

interface BalanceRead {
  readonly moment: BalanceMoment;
  readonly reader: Reader;
  readonly signal: AbortSignal;
  /** Called before balances are read: what it finds belongs to the same sync. */
  readonly first?: () => Promise<void>;
}

/** A pair that holds or owes something may have loans, even if nothing was ever traded on it. */
async function openPairsOf(
  { database, exchange }: Dependencies,
  { accountId, streams }: SyncRequest,
  wallets: readonly WalletBalances[],
): Promise<void> {
  const pairs = wallets.flatMap(({ wallet }) => pairOfWallet(wallet) ?? []);
  if (pairs.length === 0) return;
  for (const stream of exchange.streams) {
    if (stream.pairsOf !== undefined && streams.includes(stream.name))
      await openNamedPairs(database, accountId, stream, pairs);
  }
}

/** Stream groups are backfilled in parallel; the first one also reads the balances. */
function isOfFirstGroup({ exchange }: Dependencies, { streams }: SyncRequest): boolean {
  return streams.includes(exchange.streams[0]?.name ?? '');
}

async function isDue(
  { database, exchange, settings }: Dependencies,
  { accountId, everything = false }: SyncRequest,
  moment: BalanceMoment,
): Promise<boolean> {
  const last = await lastBalances(database, accountId);
  if (moment === 'after') return last?.moment === 'before';
  if (last === null) return true;
  const nowMs = exchange.clockMs();
  const lastMs = last.takenAt.getTime();
  // A sync that continues after its first chunk already has its snapshot.
  if (everything) return last.moment !== 'before' || nowMs - lastMs > dayMs;
  const finalTurns = finalTurnsMs(accountId, settings).filter((turn) => turn <= nowMs);
  return turnOf(accountId, nowMs) > turnOf(accountId, lastMs) || finalTurns.some((turn) => lastMs < turn);
}

/** The number of the day, which begins at another time for each account. */
function turnOf(accountId: string, instantMs: number): number {
  return Math.floor((instantMs - (hashOf(accountId) % dayMs)) / dayMs);
}
