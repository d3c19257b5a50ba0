import { partOfPair } from '../history/parts.ts';
import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { namedStatement } from './statement.ts';
import { stillThereText } from './still-there.ts';

/**
 * Opens the parts of every pair that an account's stored trades on isolated margin name, and says how many were new. They are
 * found pair by pair in an index of such trades alone (`spot_trade_on_margin`), so that an account with a million of them, or with
 * none, costs no more than its pairs do.
 */
export async function openPairs(database: Database, accountId: string, stream: Stream): Promise<number> {
  const { rowCount } = await database.pool.query(
    addPairs.bind({
      account_id: accountId,
      stream: stream.name,
      prefixes: stream.parts.map((kind) => partOfPair(kind, '')),
    }),
  );
  return rowCount ?? 0;
}

interface Pairs {
  readonly account_id: string;
  readonly stream: string;
  readonly prefixes: readonly string[];
}

const stillThere = stillThereText(':account_id::text');
const onMargin = `from spot_trade where account_id = :account_id::text and order_mode = 'iso_margin'`;

const addPairs = namedStatement<Pairs>(
  'add-pairs',
  `with recursive pair (symbol) as (
  (select symbol ${onMargin} order by symbol limit 1)
  union all
  select (select symbol ${onMargin} and symbol > pair.symbol order by symbol limit 1) from pair where symbol is not null
), ${stillThere.lock}
insert into coverage (account_id, stream, part, fence)
select :account_id::text, :stream::text, prefix || symbol, 0
from pair, unnest(:prefixes::text[]) as prefix
where symbol is not null and ${stillThere.holds}
  and not exists (
    select from coverage where account_id = :account_id::text and stream = :stream::text and part = prefix || symbol
  )
on conflict do nothing`,
);
