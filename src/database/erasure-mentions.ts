import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** Deletes what names an account in rows that are not its own. */
export async function forgetMentions(transaction: Transaction<Tables>, accountId: string): Promise<void> {
  await sql`
    delete from account_problem where code = 'same-account' and position(${accountId} in message || remedy || facts::text) > 0`.execute(
    transaction,
  );
  await sql`
    delete from key_attempt using erasure
    where erasure.account_id = ${accountId} and erased_at is null and key_attempt.owner_id = erasure.owner_id
      and key_attempt.fingerprint = any(fingerprints)`.execute(transaction);
  await forgetLateMentions(transaction, accountId);
}

/** The ids that were merged into it: kept until Temporal has forgotten their runs as well. */
export const mergedBefore = sql<string[]>`array(
  select merged.account_id from merged_account as merged
  where merged_into = erasure.account_id and merged_at < erasure.requested_at)`;

export async function forgetMergedIds(transaction: Transaction<Tables>, accountId: string): Promise<void> {
  await sql`
    delete from merged_account using erasure
    where erasure.account_id = ${accountId} and erased_at is null and rows_gone_at is not null
      and merged_account.account_id = any(${mergedBefore})`.execute(transaction);
}

/** Deletes what a request or report in progress may have written since. */
export async function forgetLateMentions(transaction: Transaction<Tables>, accountId: string): Promise<void> {
  // Another owner may have linked the same key.
  await sql`
    delete from lease using erasure
    where erasure.account_id = ${accountId} and erased_at is null and lease.fingerprint = any(fingerprints)
      and not exists (select from api_key where api_key.fingerprint = lease.fingerprint)
      and not exists (select from known_key where known_key.fingerprint = lease.fingerprint)`.execute(transaction);
  await sql`
    delete from link_session using erasure
    where erasure.account_id = ${accountId} and erased_at is null and replaces = erasure.account_id
      and link_session.created_at <= coalesce(rows_gone_at, clock_timestamp())`.execute(transaction);
  await forgetInReports(transaction, accountId);
}

async function forgetInReports(transaction: Kysely<Tables>, accountId: string): Promise<void> {
  const reports = await transaction
    .selectFrom('fleet_report')
    .selectAll()
    .where(sql<boolean>`position(${accountId} in report::text) > 0`)
    // Another erasure may be taking its account out of the same report.
    .orderBy('finished_at')
    .forUpdate()
    .execute();
  for (const { kind, finished_at: finishedAt, report } of reports) {
    await transaction
      .updateTable('fleet_report')
      .set({ report: JSON.stringify(without(JSON.parse(report), accountId)) })
      .where('kind', '=', kind)
      // Compared without microseconds, which a Date lacks.
      .where(sql<boolean>`date_trunc('milliseconds', finished_at) = ${finishedAt}`)
      .execute();
  }
}

/** A report without the entries that name an account: its counts stay. */
function without(value: unknown, accountId: string): unknown {
  if (value === accountId) return null;
  if (Array.isArray(value))
    return value.filter((entry) => !names(entry, accountId)).map((entry) => without(entry, accountId));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, without(entry, accountId)]));
}

function names(entry: unknown, accountId: string): boolean {
  if (typeof entry !== 'object' || entry === null) return entry === accountId;
  return Object.values(entry).includes(accountId);
}
