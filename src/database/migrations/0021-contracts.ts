import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The kind of traded contracts, and rows that a later mapping reads differently. */
export const contracts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table futures_trade
        -- linear or inverse; like the size, the listing's values when the trade was stored
        add column contract_kind    text,
        add column base_asset       text,
        add column quote_asset      text,
        add column settlement_asset text,
        -- as served, never derived
        add column fee_currency     text`.execute(database);
    await sql`
      alter table page
        -- a later mapping reads its records otherwise: they are mapped anew with the next read of the part
        add column is_outdated boolean not null default false`.execute(database);
    for (const table of ['withdrawal', 'deposit'] as const) {
      // Until now the code was cut at its last dash, whatever followed it.
      await sql`
        update page set is_outdated = true
        from ${sql.id(table)} as held
        where page.account_id = held.account_id and page.page_id = held.page_id and page.bytes is not null
          and (held.currency = 'LIGHTNING_BTC' or held.currency like '%AVAX-C'
               or held.network is not null and held.network !~* ${knownNetworks})`.execute(database);
    }
    await sql`create index page_outdated on page (account_id, stream, part) where is_outdated`.execute(database);
  },
};

const knownNetworks = `^(${[
  'ERC20|TRC20|TRC10|OMNI|BSC|BSC_BNB|BEP20|BEP2|SOL|BTC|ETH|TRX|TRON|POLYGON|MATIC|ARB|ARBI|ARBITRUM|OP|OPTIMISM|BASE',
  'LINEA|ZKSYNC|ERA|SCROLL|AVAX|AVAXC|AVAX_C|FTM|FANTOM|HECO|HRC20|KCC|CRO|CELO|KAVA|KLAY|ALGO|APT|APTOS|ATOM|EOS|EGLD',
  'FLOW|HBAR|INJ|NEAR|ONT|OSMO|STX|SUI|TON|XLM|XRP|XTZ|BRC20|RUNES|LIGHTNING|MANTLE|BLAST|SONIC|SEI|ZETA|MANTA|CORE',
].join('|')})$`;
