import { sql, type Transaction } from 'kysely';
import type { Problem } from '../history/failure.ts';
import type { KeyReport } from '../history/ports.ts';
import { writeStatus } from './account-changes.ts';
import type { Database } from './database.ts';
import { replaceProblems } from './problems.ts';
import type { Tables } from './schema.ts';

/** The owner already has this exchange account under another account of ours: the key belongs there. */
export class ExchangeAccountTaken extends Error {
  override readonly name = 'ExchangeAccountTaken';

  constructor(accountId: string) {
    super(`The exchange account behind account ${accountId} is linked already; its key has to be moved there.`);
  }
}

/** A key that came later is in use, and an older one never replaces it. */
export class NewerKeyInUse extends Error {
  override readonly name = 'NewerKeyInUse';
  readonly accountId: string;
  /** The key in use has the same credentials: it was given twice. */
  readonly isSameKey: boolean;

  constructor(accountId: string, isSameKey: boolean) {
    super(`A newer key of account ${accountId} is in use.`);
    this.accountId = accountId;
    this.isSameKey = isSameKey;
  }
}

export interface Adoption {
  /** False if this key is the one that linked the account. */
  readonly alreadyLinked: boolean;
  readonly linkedAt: Date;
}

export interface AdoptedReport
  extends Pick<KeyReport, 'readOnly' | 'permissions' | 'keyExpiresAtMs' | 'exchangeAccountId'> {
  readonly incomplete?: boolean;
  /** The exchange says that it is the main account, so a sub-account name that came with the key is wrong. */
  readonly isMainAccount?: boolean;
  /** Another account of this owner has this exchange account: that is stored, and both stay. */
  readonly isShared?: boolean;
}

/** What a key check has found besides the key. */
export interface AdoptedFindings {
  /** Every part was read to its end. How far an account is read that is being read already, its syncs say. */
  readonly everythingReadThrough: boolean;
  readonly problems: readonly Problem[];
  /** Since when the key was refused as the check began; left out: that does not matter. */
  readonly doubtedAt?: Date | null;
}

/**
 * Makes a checked candidate the key in use, and deletes the previous one. Idempotent. For the key in use it stores what the
 * latest check found; what an incomplete report leaves out is not changed. Status and problems are written with it: an attempt
 * that wakes late can't put them on an account whose key was refused since. Throws NewerKeyInUse for a candidate that is older
 * than the key in use, and ExchangeAccountTaken if the report names an exchange account that another account of this owner has.
 */
export async function adoptCandidate(
  database: Database,
  accountId: string,
  keyId: string,
  report: AdoptedReport,
  { everythingReadThrough, problems, doubtedAt }: AdoptedFindings = { everythingReadThrough: false, problems: [] },
): Promise<Adoption> {
  const expiresAt = report.keyExpiresAtMs === null ? null : new Date(report.keyExpiresAtMs);
  const { exchangeAccountId, isShared = false, isMainAccount = false } = report;
  try {
    return await database.kysely.transaction().execute(async (transaction) => {
      // The account's row serialises concurrent adoptions.
      const account = await transaction
        .selectFrom('account')
        .select('linked_at')
        .where('account_id', '=', accountId)
        .forUpdate()
        .executeTakeFirst();
      const before = await transaction
        .selectFrom('api_key')
        .select(['state', 'fingerprint', 'created_at', 'label', 'sub_account', 'doubted_at'])
        .where('account_id', '=', accountId)
        .where('key_id', '=', keyId)
        .executeTakeFirst();
      if (!account || !before)
        throw new Error(`Key ${keyId} of account ${accountId} is gone; there is nothing to adopt.`);
      if (doubtedAt !== undefined && before.state === 'active' && before.doubted_at?.getTime() !== doubtedAt?.getTime())
        throw new Error(`Key ${keyId} of account ${accountId} was refused or accepted meanwhile; it is checked again.`);
      const newer = await transaction
        .selectFrom('api_key')
        .select('fingerprint')
        .where('account_id', '=', accountId)
        .where('state', '=', 'active')
        .where('key_id', '<>', keyId)
        .where('created_at', '>', before.created_at)
        .executeTakeFirst();
      if (newer) throw new NewerKeyInUse(accountId, newer.fingerprint === before.fingerprint);
      const keepsKnown = report.incomplete && before.state === 'active';
      await transaction
        .deleteFrom('api_key')
        .where('account_id', '=', accountId)
        .where('state', '=', 'active')
        .where('key_id', '<>', keyId)
        .execute();
      const key = await transaction
        .updateTable('api_key')
        .set({
          state: 'active',
          ...(keepsKnown ? {} : { expires_at: expiresAt }),
          adopted_at: sql`coalesce(adopted_at, now())`,
          doubted_at: null,
          looked_at: sql`now()`,
          ...(isMainAccount && { sub_account: null }),
        })
        .where('account_id', '=', accountId)
        .where('key_id', '=', keyId)
        .returning(['fingerprint', 'adopted_at'])
        .executeTakeFirstOrThrow();
      await transaction
        .insertInto('known_key')
        .values({ account_id: accountId, fingerprint: key.fingerprint })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      // Names count once, when the key comes: a later check must not bring an earlier name back.
      const given = before.state === 'candidate' ? before : { label: null, sub_account: null };
      await keepNames(transaction, accountId, given);
      const names = isMainAccount ? { ...given, sub_account: '' } : given;
      const linked = await transaction
        .updateTable('account')
        .set({
          // An empty name removes the present one; none at all keeps it.
          label: sql`case when ${names.label}::text is null then label else nullif(${names.label}::text, '') end`,
          sub_account: sql`case when ${names.sub_account}::text is null then sub_account else nullif(${names.sub_account}::text, '') end`,
          linked_at: sql`case when linked_at is null or unlinked_at is not null then now() else linked_at end`,
          unlinked_at: null,
          ...(keepsKnown ? {} : { read_only: report.readOnly, permissions: [...report.permissions] }),
          ...(exchangeAccountId === null
            ? {}
            : isShared
              ? { shared_exchange_account_id: exchangeAccountId }
              : { exchange_account_id: exchangeAccountId, shared_exchange_account_id: null }),
          // Another key that waits has its workflow woken for it.
          started: sql`not exists (select from api_key where account_id = ${accountId} and state = 'candidate')`,
        })
        .where('account_id', '=', accountId)
        .returning('linked_at')
        .executeTakeFirstOrThrow();
      // After that: the event that the account is linked comes before the one that its status causes.
      const reached = everythingReadThrough ? 'live' : 'backfilling';
      const status = sql`case when status in ('backfilling', 'live') then status else ${reached} end`;
      await writeStatus(transaction, accountId, status);
      for (const scope of new Set([undefined, ...problems.map(({ stream }) => stream)])) {
        const found = problems.filter(({ stream }) => stream === scope);
        await replaceProblems({ kysely: transaction }, accountId, scope ?? null, found);
      }
      const linkedAt = linked.linked_at as Date;
      // Both have this transaction's time if this key linked the account, so repeating the call gives the same answer.
      return { alreadyLinked: (key.adopted_at as Date).getTime() > linkedAt.getTime(), linkedAt };
    });
  } catch (error) {
    if (isExchangeAccountCollision(error)) throw new ExchangeAccountTaken(accountId);
    throw error;
  }
}

/** Stores the names that came with a key; every former name is kept. */
async function keepNames(
  transaction: Transaction<Tables>,
  accountId: string,
  names: { readonly label: string | null; readonly sub_account: string | null },
): Promise<void> {
  if (!names.label && !names.sub_account) return;
  await transaction
    .insertInto('account_label')
    .values({ account_id: accountId, label: names.label ?? '', sub_account: names.sub_account ?? '' })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'label', 'sub_account']).doUpdateSet({ last_given_at: sql`now()` }),
    )
    .execute();
}

function isExchangeAccountCollision(error: unknown): boolean {
  return (
    error instanceof Error &&
    'constraint' in error &&
    (error as { constraint?: unknown }).constraint === 'account_of_exchange_account'
  );
}
