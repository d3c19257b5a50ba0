import { partOfPair } from '../history/parts.ts';
import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { namedStatement } from './statement.ts';
import { stillThereText } from './still-there.ts';

/**
 * Opens the parts of every pair that an account's stored trades on isolated margin name, and returns how many were new. An
 * index of such trades alone (`spot_trade_on_margin`) finds them pair by pair, so an account with a million of them, or with
 * none, costs no more than its pairs do.
 */
export async function openPairs(database: Database, accountId: string, stream: Stream): Promise<number> {
  const { rowCount } = await database.pool.query(addPairs.bind(partsOf(accountId, stream)));
  return rowCount ?? 0;
}

/** Opens the parts of these pairs, unless they are open already. */
export async function openNamedPairs(
  database: Database,
  accountId: string,
  stream: Stream,
  pairs: readonly string[],
): Promise<void> {
  await database.pool.query(addNamedPairs.bind({ ...partsOf(accountId, stream), pairs }));
}

interface Parts {
  readonly account_id: string;
  readonly stream: string;
  readonly prefixes: readonly string[];
}

function partsOf(accountId: string, { name, parts }: Stream): Parts {
  return { account_id: accountId, stream: name, prefixes: parts.map((kind) => partOfPair(kind, '')) };
}

const stillThere = stillThereText(':account_id::text');
const onMargin = `from spot_trade where account_id = :account_id::text and order_mode = 'iso_margin'`;

const addPairs = namedStatement<Parts>(
  'add-pairs',
  `with recursive pair (symbol) as (
  (select symbol ${onMargin} order by symbol limit 1)
  union all
  select (select symbol ${onMargin} and symbol > pair.symbol order by symbol limit 1) from pair where symbol is not null
), ${adding('symbol is not null')}`,
);

const addNamedPairs = namedStatement<Parts & { readonly pairs: readonly string[] }>(
  'add-named-pairs',
  `with pair (symbol) as (select unnest(:pairs::text[])), ${adding('true')}`,
);

function adding(isPair: string): string {
  return `${stillThere.lock}
insert into coverage (account_id, stream, part, fence)
select :account_id::text, :stream::text, prefix || symbol, 0
from pair, unnest(:prefixes::text[]) as prefix
where ${isPair} and ${stillThere.holds}
  and not exists (
    select from coverage where account_id = :account_id::text and stream = :stream::text and part = prefix || symbol
  )
on conflict do nothing`;
}
