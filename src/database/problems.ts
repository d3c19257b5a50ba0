import { type Selectable, sql } from 'kysely';
import type { Problem, ProblemCode } from '../history/failure.ts';
import { byAccount } from './by-account.ts';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';
import { stillThere } from './still-there.ts';

/**
 * Replaces the problems of a scope: one stream, the account as a whole (null), or everything ('all'). A problem that stays
 * keeps its `since`. Problems that come from comparing accounts or records are only changed by {@link replaceSingleProblem}.
 */
export async function replaceProblems(
  { kysely }: Pick<Database, 'kysely'>,
  accountId: string,
  scope: string | null | 'all',
  problems: readonly Problem[],
): Promise<void> {
  const scopeName = scope ?? '';
  const wanted = problems.map((problem) => ({
    ...problem,
    stream: scope === 'all' ? (problem.stream ?? '') : scopeName,
  }));
  const { lock, holds } = stillThere(accountId, 'linked');
  await sql`
    with ${lock}, wanted as (
      select distinct on (stream, code) * from unnest(
        ${wanted.map((problem) => problem.stream)}::text[], ${wanted.map((problem) => problem.code)}::text[],
        ${wanted.map((problem) => problem.message)}::text[], ${wanted.map((problem) => problem.remedy)}::text[],
        ${wanted.map((problem) => factsText(problem))}::json[]
      ) as each_problem (stream, code, message, remedy, facts)
    ), solved as (
      delete from account_problem
      where account_id = ${accountId} and (${scope === 'all'} or stream = ${scopeName})
        and (stream, code) not in (select stream, code from wanted)
        and code <> all(${foundCodes}::text[])
    )
    insert into account_problem as known (account_id, stream, code, message, remedy, facts)
    select ${accountId}, stream, code, message, remedy, facts from wanted where ${holds}
    on conflict (account_id, stream, code) do update
    set message = excluded.message, remedy = excluded.remedy, facts = excluded.facts
    where (known.message, known.remedy, known.facts::text)
      is distinct from (excluded.message, excluded.remedy, excluded.facts::text)`.execute(kysely);
}

function factsText({ facts = {} }: Problem): string {
  return JSON.stringify(facts);
}

/** They come from comparing accounts or records, so they stay true of what is stored, even if no one can act on them. */
export const foundCodes = ['same-account', 'fills-missing'] as const satisfies readonly ProblemCode[];

/** A problem that a comparison of stored data finds. */
type FoundCode = (typeof foundCodes)[number];

export function isFoundCode(code: ProblemCode): boolean {
  return (foundCodes as readonly ProblemCode[]).includes(code);
}

/** Stores one problem of an account, or that it is over (null), and leaves all others alone. */
export async function replaceSingleProblem(
  database: Database,
  accountId: string,
  code: FoundCode | 'key-expires-soon',
  problem: Problem | null,
): Promise<void> {
  if (problem === null) {
    await database.kysely
      .deleteFrom('account_problem')
      .where('account_id', '=', accountId)
      .where('code', '=', code)
      .execute();
    return;
  }
  const words = { message: problem.message, remedy: problem.remedy, facts: factsText(problem) };
  const { lock, holds } = stillThere(accountId, 'linked');
  await sql`
    with ${lock}
    insert into account_problem (account_id, stream, code, message, remedy, facts)
    select ${accountId}, ${problem.stream ?? ''}, ${code}, ${words.message}, ${words.remedy}, ${words.facts}::json where ${holds}
    on conflict (account_id, stream, code) do update
    set message = excluded.message, remedy = excluded.remedy, facts = excluded.facts`.execute(database.kysely);
}

export interface KnownProblem extends Problem {
  readonly since: Date;
}

/** The problems of an account: those of the account as a whole first, then stream by stream. */
export async function loadProblems(database: Database, accountId: string): Promise<readonly KnownProblem[]> {
  return (await problems(database).where('account_id', '=', accountId).execute()).map(problemOf);
}

/** The same for many accounts, by account. An account without problems is absent. */
export async function loadProblemsOfMany(
  database: Database,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, readonly KnownProblem[]>> {
  const isOneOfThem = sql<string>`any(${accountIds}::text[])`;
  return byAccount(await problems(database).where('account_id', '=', isOneOfThem).execute(), problemOf);
}

function problems({ kysely }: Database) {
  return kysely.selectFrom('account_problem').selectAll().orderBy('stream').orderBy('code');
}

function problemOf({
  stream,
  code,
  message,
  remedy,
  facts,
  since,
}: Selectable<Tables['account_problem']>): KnownProblem {
  return { code, message, remedy, since, ...(stream === '' ? {} : { stream }), facts: JSON.parse(facts) };
}
