import { streams } from '../bitmart/streams/index.ts';
import {
  type Account,
  accountIdOf,
  beginSubmission,
  type ChangePage,
  type ChangeQuestion,
  connectDatabase,
  type Database,
  type DayOfRows,
  type EventQuestion,
  exitLinkSession,
  expireLinkSessions,
  type FleetStream,
  findAccount,
  findAccountOfKey,
  findLinkSession,
  findLinkSessionOfOwner,
  findMergedAccount,
  fleetStreams,
  linkSubmission,
  listAccounts,
  listAccountsOfEveryOwner,
  loadKey,
  loadNames,
  loadParts,
  loadPartsOfMany,
  loadProblems,
  loadProblemsOfMany,
  loadRowsAside,
  migrate,
  type NewCandidate,
  type NewLinkSession,
  newestFleetReport,
  noteUndecided,
  pagesBehind,
  type RecordQuestion,
  type RowsAside,
  readChanges,
  readEvents,
  readRecords,
  refuseSubmission,
  requireCurrentSchema,
  rowsPerDay,
  type StoredEvent,
  type StoredLinkSession,
  type StoredPart,
  type StoredRow,
  saveCandidate,
  saveLinkSession,
  serverVersion,
  tryStoring,
  unlinkAccount,
  verifyCoverage,
} from '../database/index.ts';
import type { Range, RangeSet } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import { disproofsOf, type Timetable, withoutDisproved } from '../history/timetable.ts';
import type {
  AccountFilter,
  AccountListing,
  AccountName,
  AnswerProblem,
  CoverageDifference,
  PageEvidence,
} from './answers.ts';
import { databaseFailure } from './database-failure.ts';
import type { FleetReport } from './fleet.ts';

// A platform serves many users from one process, and each call here is a short one.
const poolSize = 4;

const timetableForMs = 300_000;

const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Accounts as Postgres has them. Every failure comes out in words that name the server and the next step. */
export class StoredAccounts {
  readonly streams: readonly Stream[] = streams;
  readonly #url: string;
  readonly #database: Database;
  readonly #announced: Timetable | null;
  #timetable: { readonly now: Timetable | null; readonly readMs: number } | null = null;

  constructor(url: string, schema: string, announced: Timetable | null = null) {
    this.#url = url;
    this.#announced = announced;
    this.#database = connectDatabase({ url, schema, poolSize, applicationName: 'bitmart-sync client' });
  }

  /** The announced timetable without the ends that a record of any account disproves, as of five minutes ago at most. */
  async timetable(): Promise<Timetable | null> {
    if (this.#announced === null) return null;
    if (this.#timetable === null || performance.now() - this.#timetable.readMs > timetableForMs) {
      const disproofs = disproofsOf(this.#announced, this.streams, await this.fleetStreams());
      this.#timetable = { now: withoutDisproved(this.#announced, disproofs), readMs: performance.now() };
    }
    return this.#timetable.now;
  }

  /** What the records of all accounts show of each stream. */
  fleetStreams(): Promise<readonly FleetStream[]> {
    return this.#ask(fleetStreams);
  }

  find(ownerId: string, accountId: string): Promise<Account | null> {
    return this.#ask((database) => findAccount(database, ownerId, accountId));
  }

  /** The account that an account of this owner has gone up in, or null. */
  async mergedInto(ownerId: string, accountId: string): Promise<string | null> {
    const merged = await this.#ask((database) => findMergedAccount(database, accountId));
    return merged?.ownerId === ownerId ? merged.mergedInto : null;
  }

  /** The account that this owner already has for a key, by any key it was ever read with. */
  ofKey(ownerId: string, fingerprint: string): Promise<Account | null> {
    return this.#ask((database) => findAccountOfKey(database, ownerId, fingerprint));
  }

  async list(ownerId: string, filter: AccountFilter): Promise<readonly AccountListing[]> {
    return (await this.#ask((database) => listAccounts(database, ownerId, filter))).map(listingOf);
  }

  async listEveryOwner(filter: AccountFilter): Promise<readonly AccountListing[]> {
    return (await this.#ask((database) => listAccountsOfEveryOwner(database, filter))).map(listingOf);
  }

  /** The newest report of each Schedule that has run. */
  async fleetReports(): Promise<readonly FleetReport[]> {
    const kinds = ['reconcile', 'retention-audit'] as const;
    const found = await this.#ask((database) =>
      Promise.all(kinds.map((kind) => newestFleetReport<unknown>(database, kind))),
    );
    return found.flatMap((each) => (each ? [{ ...each, finishedAt: each.finishedAt.toISOString() }] : []));
  }

  async problems(accountId: string): Promise<readonly AnswerProblem[]> {
    const problems = await this.#ask((database) => loadProblems(database, accountId));
    return problems.map(({ since: _, ...problem }) => problem);
  }

  /** Accounts with everything that their tables say of them, for whoever looks at many. */
  async accounts(ownerId: string | null): Promise<readonly Account[]> {
    return this.#ask((database) =>
      ownerId === null ? listAccountsOfEveryOwner(database) : listAccounts(database, ownerId),
    );
  }

  /** Parts and problems of many accounts, by account. */
  async known(accountIds: readonly string[]): Promise<KnownOfMany> {
    const [parts, problems] = await Promise.all([
      this.#ask((database) => loadPartsOfMany(database, accountIds)),
      this.#ask((database) => loadProblemsOfMany(database, accountIds)),
    ]);
    return { parts, problems };
  }

  rowsPerDay(accountId: string, stream: Stream): Promise<readonly DayOfRows[]> {
    return this.#ask((database) => rowsPerDay(database, accountId, stream));
  }

  /** Every name that the account was ever given, the latest first. */
  async names(accountId: string): Promise<readonly AccountName[]> {
    const names = await this.#ask((database) => loadNames(database, accountId));
    return names.map(({ givenAt, ...name }) => ({ ...name, givenAt: givenAt.toISOString() }));
  }

  /** When the key in use expires; null where it does not, where nobody tells, and without a key. */
  async keyExpiry(accountId: string): Promise<Date | null> {
    return (await this.#ask((database) => loadKey(database, accountId, 'active')))?.expiresAt ?? null;
  }

  /** What was read of each stream, part by part. */
  parts(accountId: string): Promise<readonly StoredPart[]> {
    return this.#ask((database) => loadParts(database, accountId));
  }

  /** Rows that stand aside, by stream and reason. */
  aside(accountId: string): Promise<readonly RowsAside[]> {
    return this.#ask((database) => loadRowsAside(database, accountId));
  }

  /** The pages that prove a stream within a range. */
  async evidence(accountId: string, stream: string, range: Range = everything): Promise<readonly PageEvidence[]> {
    const pages = await this.#ask((database) => pagesBehind(database, accountId, stream, range));
    return pages.map((page) => ({
      pageId: page.pageId,
      part: page.part,
      claim: pairsOf(page.claim),
      answered: pairsOf(page.answered),
      askedFrom: iso(page.askedFromMs),
      askedTo: iso(page.askedToMs),
      rows: page.served,
      sha256: page.sha256,
      answeredAt: iso(page.answeredAtMs),
      storedAt: page.storedAt.toISOString(),
      replayOf: page.replayOf,
    }));
  }

  /** Where what is claimed is not what the stored pages prove: mostly nowhere. */
  async differences(accountId: string): Promise<readonly CoverageDifference[]> {
    const parts = await this.#ask((database) => verifyCoverage(database, accountId));
    return parts
      .filter(({ agrees }) => !agrees)
      .map(({ stream, part, onlyInCoverage, onlyInPages }) => ({
        stream,
        part,
        onlyInCoverage: pairsOf(onlyInCoverage),
        onlyInPages: pairsOf(onlyInPages),
      }));
  }

  /** What changed since a place; null when there is no such account. */
  changes(question: Omit<ChangeQuestion, 'streams'>): Promise<ChangePage | null> {
    return this.#ask((database) => readChanges(database, { ...question, streams: this.streams }));
  }

  events(question: EventQuestion): Promise<readonly StoredEvent[]> {
    return this.#ask((database) => readEvents(database, question));
  }

  records(question: RecordQuestion): Promise<readonly StoredRow[]> {
    return this.#ask((database) => readRecords(database, question));
  }

  saveCandidate(candidate: NewCandidate): Promise<void> {
    return this.#ask((database) => saveCandidate(database, candidate));
  }

  saveLinkSession(session: NewLinkSession, maxOpen: number): Promise<{ readonly expiresAt: Date } | null> {
    return this.#ask((database) => saveLinkSession(database, session, maxOpen));
  }

  linkSession(ownerId: string, sessionId: string): Promise<StoredLinkSession | null> {
    return this.#ask((database) => findLinkSessionOfOwner(database, ownerId, sessionId));
  }

  /** The session whose URL holds a secret with this hash. */
  linkSessionOf(tokenHash: Buffer): Promise<StoredLinkSession | null> {
    return this.#ask((database) => findLinkSession(database, tokenHash));
  }

  beginSubmission(...args: Rest<typeof beginSubmission>): Promise<boolean> {
    return this.#ask((database) => beginSubmission(database, ...args));
  }

  noteUndecided(...args: Rest<typeof noteUndecided>): Promise<void> {
    return this.#ask((database) => noteUndecided(database, ...args));
  }

  refuseSubmission(...args: Rest<typeof refuseSubmission>): Promise<void> {
    return this.#ask((database) => refuseSubmission(database, ...args));
  }

  linkSubmission(...args: Rest<typeof linkSubmission>): Promise<void> {
    return this.#ask((database) => linkSubmission(database, ...args));
  }

  exitLinkSession(sessionId: string): Promise<void> {
    return this.#ask((database) => exitLinkSession(database, sessionId));
  }

  expireLinkSessions(): Promise<number> {
    return this.#ask(expireLinkSessions);
  }

  /** Forgets the account that stood in for a key that was only looked at. */
  dropStandIn(accountId: string): Promise<void> {
    return this.#ask((database) => unlinkAccount(database, accountId, { erase: true }));
  }

  derivedId(ownerId: string, fingerprint: string): string {
    return accountIdOf(ownerId, fingerprint);
  }

  /** Brings the schema up to this version; answers with the migrations that ran. */
  async migrate(): Promise<{ readonly schema: string; readonly applied: readonly string[] }> {
    return { schema: this.#database.schema, applied: await this.#ask(migrate) };
  }

  /** Fails in words when the database can't be used. */
  serverVersion(): Promise<string> {
    return this.#ask(serverVersion);
  }

  /** Fails in words when Postgres has no space or takes no changes; false when that can't be told. */
  tryStoring(): Promise<boolean> {
    return this.#ask(tryStoring);
  }

  /** Fails in words when the database can't be used, or its schema is older than this program. */
  assertCurrent(): Promise<void> {
    return this.#ask(requireCurrentSchema);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #ask<Answer>(act: (database: Database) => Promise<Answer>): Promise<Answer> {
    try {
      return await act(this.#database);
    } catch (error) {
      throw databaseFailure(error, this.#url);
    }
  }
}

export type { Account as StoredAccount, DayOfRows };

export interface KnownOfMany {
  readonly parts: ReadonlyMap<string, readonly StoredPart[]>;
  readonly problems: ReadonlyMap<string, readonly AnswerProblem[]>;
}

/** What a statement takes besides the database. */
type Rest<Statement> = Statement extends (database: Database, ...args: infer Args) => unknown ? Args : never;

function listingOf(account: Account): AccountListing {
  return {
    accountId: account.accountId,
    ownerId: account.ownerId,
    label: account.label,
    subAccount: account.subAccount,
    status: account.status,
    linkedAt: account.linkedAt?.toISOString() ?? null,
    historyAtRiskAt: account.historyAtRiskAt?.toISOString() ?? null,
  };
}

function pairsOf(ranges: RangeSet) {
  return ranges.map((range) => [iso(range.from), iso(range.to)] as const);
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
