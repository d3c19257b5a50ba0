import { proofIn } from '../books/proof.ts';
import { isUnexplained, reconcile, verdictOnBooks } from '../books/reconcile.ts';
import { streamsOfWallet } from '../books/wallets.ts';
import { type BalanceAlarm, loadBook, loadParts, noteBalanceAlarms, noteBalanceVerdict } from '../database/index.ts';
import { isoTime } from '../history/iso-time.ts';
import { least } from '../history/numbers.ts';
import { isRightMissing } from '../history/summary.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Compares balances with records once a day and reports each unexplained difference once. It waits until the records of that
 * time are settled, because a record that appears late is not a loss.
 */
export async function reportDifferences(dependencies: Dependencies, accountId: string): Promise<void> {
  const { database, exchange, settings } = dependencies;
  const parts = await loadParts(database, accountId);
  const proof = proofIn(exchange.streams, parts, { nowMs: Date.now(), timetable: settings.timetable });
  const books = reconcile(await loadBook(database, accountId), proof);
  const alarms = books.flatMap((book): readonly BalanceAlarm[] => {
    const { wallet, asset } = book;
    if (!isUnexplained(book)) return [];
    const streams = exchange.streams.filter(({ name }) => streamsOfWallet[wallet]?.includes(name));
    // A futures account that was never opened has nothing to settle, and what the key may not read never settles.
    const settled = streams.flatMap((stream) =>
      parts
        .filter((part) => part.stream === stream.name && !isRightMissing(stream, part.state))
        .filter(({ state }) => !state.marks.some(({ reason }) => reason === 'not-opened'))
        .map(({ state }) => state.settledThroughMs),
    );
    const settledMs = settled.includes(null) ? null : least(settled);
    return book.unexplained
      .filter(({ toMs }) => settledMs !== null && toMs <= settledMs)
      .map(({ fromMs, toMs }) => ({ wallet, asset, from: isoTime(fromMs), to: isoTime(toMs) }));
  });
  await noteBalanceAlarms(database, accountId, alarms);
  await noteBalanceVerdict(database, accountId, verdictOnBooks(books));
}
