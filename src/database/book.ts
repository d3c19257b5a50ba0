import { sql } from 'kysely';
import type { Book, MissingInflow, MovementSum, OpenMovement, Snapshot } from '../books/reconcile.ts';
import { emptyReason, unreadableMark } from './balances.ts';
import type { Database } from './database.ts';
import { movements } from './movements.ts';

/**
 * Clocks differ, and times of movements are cut to whole seconds: a movement this close to a balance's request or answer may be
 * included in it or not.
 */
const blurMs = 1_500;

/** The most movements of uncertain order that are considered; there are a few at each snapshot. */
const maxOpen = 20_000;

/** An account's balances and the movements of its stored records, in one consistent view. */
export async function loadBook(database: Database, accountId: string): Promise<Book> {
  return database.kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (kysely) => {
      const snapshots = await sql<SnapshotRow>`
        select wallet, asked_at, taken_at, reason,
               coalesce(json_object_agg(currency, balance::text) filter (where currency <> ''), '{}') as balances
        from (
          select ${walletOfBook} as wallet, asked_at, taken_at, reason, currency,
                 case when bool_and(balance is not null) then sum(balance) end as balance
          from balance_snapshot
          where account_id = ${accountId} and asked_at is not null
          group by ${walletOfBook}, asked_at, taken_at, reason, currency
        ) as held
        group by wallet, asked_at, taken_at, reason
        order by wallet, taken_at`.execute(kysely);
      // Each movement comes after a certain number of its wallet's snapshots, and possibly after more of them.
      const placed = sql`
        with edge as (
          select wallet, array_agg(asked_at - ${blur} order by taken_at) || 'infinity'::timestamptz as asked,
                 array_agg(taken_at + ${blur} order by taken_at) || 'infinity'::timestamptz as answered
          from (
            select distinct ${walletOfBook} as wallet, asked_at, taken_at from balance_snapshot
            where account_id = ${accountId} and asked_at is not null and coalesce(reason, ${emptyReason}) = ${emptyReason}
          ) as snapshot
          group by wallet
        ), movement as (${movements(accountId)}
        ), placed as (
          select movement.*,
                 coalesce(width_bucket(earliest, edge.answered), 0) as least,
                 coalesce(least(width_bucket(latest, edge.asked), cardinality(edge.asked) - 1), 0) as most
          from movement left join edge using (wallet)
          where asset <> '' and amount <> 0
        )`;
      const sums = await sql<SumRow>`${placed}
        select wallet, asset, kind, least as after, sum(amount)::text as amount
        from placed where least = most group by wallet, asset, kind, least`.execute(kysely);
      const open = await sql<OpenRow>`${placed}
        select wallet, asset, kind, least, most, amount::text from placed where least < most
        order by earliest desc limit ${maxOpen}`.execute(kysely);
      const inflows = await sql<InflowRow>`${placed}
        , course as (
          -- What may not have left yet, or never, proves no inflow.
          select wallet, asset, earliest as at,
                 sum(case when most > 0 and amount < 0 then 0 else amount end) over (partition by wallet, asset order by earliest) as held
          from placed where least = 0
        ), lowest as (
          select distinct on (wallet, asset) wallet, asset, at, held from course order by wallet, asset, held, at
        )
        select lowest.wallet, lowest.asset, lowest.at, (-lowest.held)::text as amount,
               (select min(course.at) from course
                where course.wallet = lowest.wallet and course.asset = lowest.asset and course.held < 0) as first_at
        from lowest where lowest.held < 0`.execute(kysely);
      return {
        snapshots: snapshots.rows.map(snapshotOf),
        sums: sums.rows,
        open: open.rows,
        inflows: inflows.rows.map(inflowOf),
      };
    });
}

/** The pairs of isolated margin, which come in one answer, are one book. */
const walletOfBook = sql`split_part(wallet, '/', 1)`;

const blur = sql.raw(`interval '${blurMs} milliseconds'`);

interface SnapshotRow {
  readonly wallet: string;
  readonly asked_at: Date;
  readonly taken_at: Date;
  readonly reason: string | null;
  /** Read as text, as all json. */
  readonly balances: string;
}

function snapshotOf({ wallet, asked_at, taken_at, reason, balances }: SnapshotRow): Snapshot {
  const held = Object.entries(JSON.parse(balances) as Record<string, string | null>);
  return {
    wallet,
    askedAtMs: asked_at.getTime(),
    answeredAtMs: taken_at.getTime(),
    silence: silenceOf(reason),
    balances: new Map(held),
  };
}

function silenceOf(reason: string | null): Snapshot['silence'] {
  if (reason === null || reason === emptyReason) return null;
  return reason.startsWith(unreadableMark) ? 'unreadable-balance' : 'balance-refused';
}

type SumRow = MovementSum;
type OpenRow = OpenMovement;

interface InflowRow {
  readonly wallet: string;
  readonly asset: string;
  readonly at: Date;
  readonly first_at: Date;
  readonly amount: string;
}

function inflowOf({ at, first_at, ...inflow }: InflowRow): MissingInflow {
  return { ...inflow, firstMs: first_at.getTime(), lowestMs: at.getTime() };
}
