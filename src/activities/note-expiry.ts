import { closeAccount, loadAccount, loadGaps, loadParts, noteRisk } from '../database/index.ts';
import { gapsOf } from '../history/gaps.ts';
import { least } from '../history/numbers.ts';
import { summariseStreams } from '../history/summary.ts';
import { endOf, isOver } from '../history/timetable.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Applies what time alone changes in an account that is paused or whose key is refused: what has left the reach becomes a gap
 * with its reason, the next risk is stored, and once the exchange has closed the account is closed.
 */
export function createNoteExpiry(dependencies: Dependencies): Activities['noteExpiry'] {
  return async ({ accountId }) => {
    const { database, exchange, settings, store } = dependencies;
    const { timetable } = settings;
    const [account, parts, gaps] = await Promise.all([
      loadAccount(database, accountId),
      loadParts(database, accountId),
      loadGaps(database, accountId),
    ]);
    if (account === null || account.unlinkedAt !== null) return { historyAtRiskAt: null };
    const nowMs = exchange.clockMs();
    if (isOver(exchange.streams, parts, { ...settings, nowMs })) {
      await closeAccount(database, accountId);
      return { historyAtRiskAt: null, closed: true };
    }
    for (const { stream: name, part, state } of parts) {
      const stream = exchange.streams.find((candidate) => candidate.name === name);
      if (stream === undefined) continue;
      const known = gaps.filter((gap) => gap.stream === name && gap.part === part);
      const now = gapsOf(state, stream, nowMs, { endMs: endOf(stream, [state], timetable) });
      const isExpired = now.some(
        ({ from, to, reason }) =>
          reason === 'expired-unread' &&
          !known.some((gap) => gap.reason === reason && gap.from <= from && gap.to >= to),
      );
      if (isExpired) await store.refreshGaps?.({ accountId, stream, part });
    }
    const linked = account.linkedAt !== null;
    const summaries = summariseStreams(exchange.streams, parts, { nowMs, linked, timetable });
    const atRiskMs = least(summaries.map((summary) => summary.atRiskAtMs));
    const historyAtRiskAt = atRiskMs === null ? null : new Date(atRiskMs);
    if (historyAtRiskAt?.getTime() !== account.historyAtRiskAt?.getTime())
      await noteRisk(database, accountId, historyAtRiskAt);
    return { historyAtRiskAt: historyAtRiskAt?.toISOString() ?? null };
  };
}
