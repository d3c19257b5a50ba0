import { sql } from 'kysely';
import type { CredentialsSlip } from '../history/credentials-slips.ts';
import type { KeyCheckProblem } from '../history/failure.ts';
import type { KeyCheckStep } from '../history/ports.ts';
import type { Database } from './database.ts';
import { lockOwner, mayAttempt } from './quotas.ts';
import { stillThere } from './still-there.ts';

export type LinkSessionState = 'open' | 'checking' | 'refused' | LinkSessionOutcome;

export type LinkSessionOutcome = 'linked' | 'exited' | 'expired';

/** What came of a submitted key. Holds codes and dates alone: the page says them in the user's language. */
export interface LinkSessionAnswer {
  readonly outcome: 'accepted' | 'refused' | 'undecided';
  readonly alreadyLinked: boolean;
  readonly readOnly: boolean | null;
  readonly keyExpiresAt: string | null;
  readonly problems: readonly KeyCheckProblem[];
}

export interface StoredLinkSession {
  readonly sessionId: string;
  readonly ownerId: string;
  readonly label: string | null;
  readonly returnUrl: string | null;
  readonly origin: string | null;
  readonly language: string | null;
  readonly replaces: string | null;
  readonly state: LinkSessionState;
  readonly attempts: number;
  /** What looks mistyped in the submitted texts, by their shape. */
  readonly slips: readonly CredentialsSlip[];
  readonly checks: readonly KeyCheckStep[];
  readonly answer: LinkSessionAnswer | null;
  readonly accountId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

export interface NewLinkSession
  extends Pick<
    StoredLinkSession,
    'sessionId' | 'ownerId' | 'label' | 'returnUrl' | 'origin' | 'language' | 'replaces'
  > {
  readonly tokenHash: Buffer;
  readonly lifetimeMs: number;
}

/** Stores a session, unless the owner has `maxOpen` open ones: then null. */
export async function saveLinkSession(
  database: Database,
  session: NewLinkSession,
  maxOpen: number,
): Promise<{ readonly expiresAt: Date } | null> {
  return database.kysely.transaction().execute(async (transaction) => {
    await lockOwner(transaction, session.ownerId);
    const { rows } = await sql<{ readonly expiresAt: Date }>`
      insert into link_session (session_id, token_hash, owner_id, label, return_url, origin, language, replaces, expires_at)
      select ${session.sessionId}, ${session.tokenHash}, ${session.ownerId}, ${session.label}, ${session.returnUrl},
             ${session.origin}, ${session.language}, ${session.replaces},
             now() + make_interval(secs => ${session.lifetimeMs / 1_000})
      where (select count(*) from link_session
             where owner_id = ${session.ownerId} and outcome_number is null and expires_at > now()) < ${maxOpen}
      returning expires_at as "expiresAt"`.execute(transaction);
    return rows[0] ?? null;
  });
}

/** Whose session a URL is. The index compares hashes, so the time it takes says nothing about the secret. */
export async function ownerOfLinkSession(
  database: Database,
  tokenHash: Buffer,
): Promise<Pick<StoredLinkSession, 'ownerId' | 'sessionId'> | null> {
  const { rows } = await sql<Pick<StoredLinkSession, 'ownerId' | 'sessionId'>>`
    select owner_id as "ownerId", session_id as "sessionId" from link_session_owner(${tokenHash})`.execute(
    database.kysely,
  );
  return rows[0] ?? null;
}

/** The owners who have sessions whose time is over, or whose key may have been lost on its way. */
export async function ownersOfDueLinkSessions(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ owner_id: string }>`
    select owner_id from owners_of_due_link_sessions() as owner_id`.execute(database.kysely);
  return rows.map((row) => row.owner_id);
}

export function findLinkSessionOfOwner(
  database: Database,
  ownerId: string,
  sessionId: string,
): Promise<StoredLinkSession | null> {
  return oneSession(database, sql`owner_id = ${ownerId} and session_id = ${sessionId}`);
}

/** Whether a key was submitted in a session that waits for its check. */
export async function isKeyOfLinkSession(database: Database, keyId: string): Promise<boolean> {
  return (await oneSession(database, sql`key_id = ${keyId} and state = 'checking'`)) !== null;
}

export interface SubmissionLimits {
  readonly perSession: number;
  readonly perOwnerAndHour: number;
  readonly unprovenKeysPerHour: number;
}

/**
 * Begins the check of a key, once: of two tabs that submit at the same moment one wins. False when the session has ended,
 * a check is under way, the session or its owner has tried too often, or the key could not be stored because the owner had too
 * many unproven ones.
 */
export async function beginSubmission(
  database: Database,
  session: Pick<StoredLinkSession, 'sessionId' | 'ownerId'>,
  submission: { readonly keyId: string; readonly fingerprint: string; readonly slips: readonly CredentialsSlip[] },
  limits: SubmissionLimits,
): Promise<boolean> {
  return database.kysely.transaction().execute(async (transaction) => {
    const { ownerId } = session;
    await lockOwner(transaction, ownerId);
    const attempt = { ownerId, fingerprint: submission.fingerprint };
    if ((await mayAttempt(transaction, attempt, limits.unprovenKeysPerHour)).retryAt !== null) return false;
    const { rows } = await sql`
      update link_session
      set state = 'checking', key_id = ${submission.keyId}, slips = ${[...submission.slips]}::text[], attempts = attempts + 1,
          submitted_at = now(), checks = '[]', answer = null
      where session_id = ${session.sessionId} and state in ('open', 'refused') and expires_at > now()
        and attempts < ${limits.perSession}
        and (select coalesce(sum(attempts), 0) from link_session
             where owner_id = ${ownerId} and submitted_at > now() - interval '1 hour') < ${limits.perOwnerAndHour}
      returning session_id`.execute(transaction);
    return rows.length > 0;
  });
}

/** One line of the check, as it happens. Has no effect when the key was not submitted in a session. */
export async function noteKeyCheckStep(database: Database, keyId: string, step: KeyCheckStep): Promise<void> {
  await sql`
    update link_session set checks = checks || ${JSON.stringify([step])}::jsonb
    where key_id = ${keyId} and state = 'checking'`.execute(database.kysely);
}

/** A check that could not come to an end yet: the session stays, and says why. */
export async function noteUndecided(database: Database, keyId: string, answer: LinkSessionAnswer): Promise<void> {
  await sql`
    update link_session set answer = ${JSON.stringify(answer)}::json
    where key_id = ${keyId} and state = 'checking'`.execute(database.kysely);
}

/** A refused key leaves the session open for another try. The first to say so decides. */
export async function refuseSubmission(database: Database, keyId: string, answer: LinkSessionAnswer): Promise<void> {
  await sql`
    update link_session set state = 'refused', answer = ${JSON.stringify(answer)}::json
    where key_id = ${keyId} and state = 'checking'`.execute(database.kysely);
}

/** A key is stored within moments of its submission. */
const storedWithinSeconds = 60;

/**
 * Opens sessions for another try whose key was never stored, because the server that took it died: nothing would end their
 * check. With a key: that one, at once; where it is stored, it waits for its check.
 */
export async function reopenLostSubmissions(
  database: Database,
  answer: LinkSessionAnswer,
  keyId: string | null = null,
): Promise<void> {
  await sql`
    update link_session set state = 'refused', answer = ${JSON.stringify(answer)}::json
    where state = 'checking' and not exists (select from api_key where api_key.key_id = link_session.key_id)
      and (key_id = ${keyId}::text or submitted_at < now() - make_interval(secs => ${storedWithinSeconds}))`.execute(
    database.kysely,
  );
}

/** Ends the session of an accepted key. Worker and page both say so; the first one ends it, the other changes nothing. */
export function linkSubmission(
  database: Database,
  keyId: string,
  answer: LinkSessionAnswer,
  accountId: string,
): Promise<void> {
  return end(database, sql`key_id = ${keyId}`, sql`state = 'checking'`, { outcome: 'linked', answer, accountId });
}

/** Ends a session that its user leaves. A check that is under way is not recalled: its result ends the session. */
export function exitLinkSession(database: Database, sessionId: string): Promise<void> {
  const isLeft = sql`state in ('open', 'refused') and expires_at > now()`;
  return end(database, sql`session_id = ${sessionId}`, isLeft, { outcome: 'exited' });
}

/** A check that was submitted in time may end a little later: longer than any check takes. */
const checkGraceSeconds = 60;

/** Ends the sessions whose time is over; answers with how many. */
export async function expireLinkSessions(database: Database): Promise<number> {
  const { rows } = await sql<{ session_id: string }>`
    select session_id from link_session
    where ended_at is null
      and expires_at + make_interval(secs => case when state = 'checking' then ${checkGraceSeconds} else 0 end) <= now()
    order by expires_at limit 500`.execute(database.kysely);
  for (const row of rows) {
    await end(database, sql`session_id = ${row.session_id}`, sql`true`, { outcome: 'expired' });
  }
  return rows.length;
}

async function end(
  database: Database,
  which: ReturnType<typeof sql>,
  isDue: ReturnType<typeof sql>,
  ending: {
    readonly outcome: LinkSessionOutcome;
    readonly answer?: LinkSessionAnswer;
    readonly accountId?: string;
  },
): Promise<void> {
  const { accountId = null } = ending;
  await database.kysely.transaction().execute(async (transaction) => {
    // Outcomes of one owner are numbered one after the other: a reader of events never sees a later one first. Whether this
    // session is to end is only looked at afterwards, because it may change until then.
    await sql`
      select pg_advisory_xact_lock(hashtextextended('link_session ' || owner_id, 0))
      from link_session where ended_at is null and ${which}`.execute(transaction);
    const { lock, holds } = stillThere(accountId ?? '');
    await sql`
      with ${lock}
      update link_session
      set state = ${ending.outcome}, ended_at = clock_timestamp(), outcome_number = nextval('link_session_outcome'),
          answer = coalesce(${ending.answer ? JSON.stringify(ending.answer) : null}::json, answer),
          account_id = case when ${holds} then ${accountId}::text end
      where ended_at is null and ${which} and ${isDue}`.execute(transaction);
  });
}

async function oneSession(database: Database, where: ReturnType<typeof sql>): Promise<StoredLinkSession | null> {
  const { rows } = await sql<SessionRow>`
    select session_id as "sessionId", owner_id as "ownerId", label, return_url as "returnUrl", origin, language, replaces,
           attempts, slips, checks, answer,
           account_id as "accountId", created_at as "createdAt", expires_at as "expiresAt", ended_at as "endedAt",
           -- its time is over although nothing has ended it yet
           case when state in ('open', 'refused') and expires_at <= now() then 'expired' else state end as state
    from link_session where ${where}`.execute(database.kysely);
  const [row] = rows;
  return row ? { ...row, answer: row.answer === null ? null : JSON.parse(row.answer) } : null;
}

interface SessionRow extends Omit<StoredLinkSession, 'answer'> {
  /** Read as text, as all json. */
  readonly answer: string | null;
}
