import { printable } from '../answers/printable.ts';
import type { AssetReconciliation, ReconcileReason, Reconciliation, Verdict } from '../answers/reconciliation.ts';
import type { Paint } from './output.ts';
import { shortTime } from './render.ts';
import { indent, table } from './table.ts';

/** One line per coin, followed by explanations of those that do not balance. */
export function reconciliationText({ accountId, asOf, assets }: Reconciliation, paint: Paint): string {
  const title = `${paint('bold', accountId)}  as of ${shortTime(asOf)} UTC`;
  if (assets.length === 0) return `${title}\nNo balance and no record is stored yet.`;
  const right = 'right' as const;
  const columns = [
    { title: 'wallet' },
    { title: 'asset' },
    { title: 'opening', align: right },
    { title: 'movements', align: right },
    { title: 'closing', align: right },
    { title: 'difference', align: right },
    { title: 'verdict' },
  ];
  const rows = assets.map((asset) => [
    asset.wallet,
    printable(asset.asset),
    asset.from.balance ?? '–',
    asset.movements ?? '–',
    asset.to.balance ?? '–',
    asset.difference ?? '–',
    paintVerdict(asset.verdict, paint),
  ]);
  return [title, table(columns, rows), ...assets.flatMap((asset) => detailLines(asset, paint))].join('\n');
}

function paintVerdict(verdict: Verdict, paint: Paint): string {
  if (verdict === 'balanced') return paint('green', verdict);
  return paint(verdict === 'unexplained' ? 'red' : 'yellow', verdict);
}

function detailLines(asset: AssetReconciliation, paint: Paint): readonly string[] {
  const { unexplained, missingInflow, reasons } = asset;
  const lines = [
    ...unexplained.map(
      ({ from, to, difference }) =>
        `${difference} arose between ${shortTime(from)} and ${shortTime(to)}, and no stored record explains it`,
    ),
    ...reasons.map((reason) => reasonTexts[reason]),
    ...(missingInflow === null
      ? []
      : [
          `records lack an inflow of at least ${missingInflow.amount} before ${shortTime(missingInflow.before)} (first before ${shortTime(missingInflow.since)})`,
        ]),
  ];
  if (lines.length === 0) return [];
  const name = `${asset.wallet} ${printable(asset.asset)}`;
  return [paint('bold', name), indent(lines.join('\n'))];
}

const reasonTexts: Readonly<Record<ReconcileReason, string>> = {
  gap: 'a stream that moves this wallet has a gap in that time: see `coverage`',
  'not-read-yet': 'the records of that time are not all read yet: the next sync tells',
  'no-balance': 'the balance of this wallet is not read',
  'balance-refused': 'BitMart refuses the balance of this wallet',
  'unreadable-balance': 'BitMart’s balance can’t be read',
  'one-snapshot': 'there is one snapshot only: two are needed, and a sync a day takes two',
  'margin-moves': 'interest of loans and moves between spot and margin have no history, so a difference proves nothing',
  transfer: 'maybe: moved to or from another of these wallets, which has the opposite difference',
  'pending-withdrawal': 'maybe: a withdrawal that is under way',
  'fee-in-bmx': 'maybe: fees paid in BMX, which trades do not show',
  earn: 'maybe: moved into or out of an Earn product',
  'no-endpoint': 'maybe: convert, P2P, card, airdrop, rebate or a transfer, of which BitMart has no history',
};
