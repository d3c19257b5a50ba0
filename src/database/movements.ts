import { type RawBuilder, sql } from 'kysely';

/**
 * Every kind of record that moves a balance: `wallet`, `asset`, `kind`, `amount` (positive into the wallet), and the instants
 * between which it moved (`earliest`, `latest`). A new kind is one more entry here; its stream is one more in
 * src/books/wallets.ts.
 */
const kinds: readonly ((accountId: string) => RawBuilder<unknown>)[] = [
  // Isolated margin has its own wallet.
  (accountId) => sql`
    select case order_mode when 'iso_margin' then 'isolated-margin' else 'spot' end as wallet, asset, kind, amount,
           traded_at as earliest, traded_at as latest
    from spot_trade
    cross join lateral (values
      ('trade', regexp_replace(symbol, '_[^_]*$', ''), case side when 'buy' then size else -size end),
      ('trade', regexp_replace(symbol, '^.*_', ''),
       coalesce(notional, price * size) * case side when 'buy' then -1 else 1 end),
      ('fee', coalesce(fee_currency, ''), -coalesce(fee, 0))
    ) as moved (kind, asset, amount)
    where account_id = ${accountId}`,
  (accountId) => sql`
    select 'spot', coalesce(asset, currency), 'deposit', amount, earliest, latest
    from (${settled('deposit', accountId)}) as moved where status = 'success'`,
  // A withdrawal in progress may have left the balance already; a failed one has not.
  (accountId) => sql`
    select 'spot', coalesce(asset, currency), 'withdrawal', -(amount + coalesce(fee, 0)), earliest,
           case status when 'success' then latest else '294000-01-01' end
    from (${settled('withdrawal', accountId)}) as moved where status not in ('cancel', 'fail')`,
  (accountId) => sql`
    select part, asset, ${flowKind}, amount, occurred_at, occurred_at from futures_flow where account_id = ${accountId}`,
  // The other side of a transfer of a futures account. A key without the right to trade sees it only in the flow.
  (accountId) => sql`
    select 'spot', asset, 'transfer', -amount, occurred_at, occurred_at
    from futures_flow where account_id = ${accountId} and flow_type = 1`,
  // Into savings and back. No answer of these endpoints was captured: it is not known which status means that nothing moved,
  // when it moved, and whether interest is paid out. So each may have moved at any time since, or never.
  (accountId) => sql`
    select 'spot', currency, 'earn-' || type, case type when 'subscribe' then -amount else amount end, occurred_at,
           '294000-01-01'::timestamptz
    from earn_record where account_id = ${accountId}`,
];

export function movements(accountId: string): RawBuilder<unknown> {
  const all = kinds.map((kind) => kind(accountId));
  return sql.join(all, sql` union all `);
}

const flowKind = sql`
  case flow_type when 1 then 'transfer' when 2 then 'realised-profit' when 3 then 'funding' when 4 then 'fee' else 'liquidation' end`;

/**
 * BitMart says when a deposit or withdrawal was requested, not when it was done: that was before the first answer that calls it
 * done. One that was never seen in progress was done within days, however long ago that answer came.
 */
function settled(table: 'deposit' | 'withdrawal', accountId: string): RawBuilder<unknown> {
  return sql`
    select held.*, requested_at as earliest,
           greatest(requested_at, case when version > 1 then page.exchange_clock
             else least(page.exchange_clock, requested_at + interval '3 days') end) as latest
    from ${sql.id(table)} as held left join page using (account_id, page_id)
    where account_id = ${accountId}`;
}
