import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { seal } from '../credentials/seal.ts';
import {
  type Account,
  type AdoptedReport,
  adoptCandidate,
  copyCandidate,
  type Database,
  databaseTrouble,
  doubtKey,
  dropCandidate,
  ExchangeAccountTaken,
  endEarlierCommands,
  findAccountOfExchangeAccount,
  findVerdict,
  isKnownKey,
  isStandIn,
  loadAccount,
  loadKey,
  NewerKeyInUse,
  newestCandidate,
  noteRefusal,
  requestStart,
  type StoredKey,
} from '../database/index.ts';
import type { Problem } from '../history/failure.ts';
import type { KeyReport, OpenKey } from '../history/ports.ts';
import { describeProblem } from '../problems/describe-problem.ts';
import { doesNotOpen, openKey } from './active-key.ts';
import type { Activities, KeyCheckRequest, KeyCheckResult } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { updateDuplicates } from './duplicate-accounts.ts';
import { whileAlive } from './heartbeats.ts';
import {
  gone,
  isLinked,
  keyCheckResult,
  problemsOf,
  type ResultParts,
  readThrough,
  refusalByPolicy,
} from './key-check-result.ts';
import { tellLinkSession, whileWatched } from './link-session-progress.ts';
import { type AccountVerdict, accountVerdict } from './same-account.ts';

/** A person waits for the answer of a link; what takes longer is undecided and looked at again. */
const checkMs = 17_000;
/** The first look at a key that is refused later is not a verdict: single answers of an outage are wrong. */
const secondLookMs = 10_000;
/** A key that works is looked at again by and by: its expiry and its rights can change. */
const routineLookMs = 4 * 86_400_000;
/** Sooner where the exchange left out something that it can report. */
const incompleteLookMs = 3_600_000;
/** Where a candidate waits, the key in use does not delay the next check longer than that candidate alone would. */
const waitingLookMs = 15 * 60_000;

export function createCheckKey(dependencies: Dependencies): Activities['checkKey'] {
  return (request) => whileAlive(() => lookAtKey(dependencies, request));
}

async function lookAtKey(dependencies: Dependencies, request: KeyCheckRequest): Promise<KeyCheckResult> {
  const { database } = dependencies;
  const { accountId } = request;
  if (request.command !== undefined) await endEarlierCommands(database, accountId, request.command);
  const account = await loadAccount(database, accountId);
  const keyId = request.keyId ?? (await newestCandidate(database, accountId)) ?? 'active';
  const stored = account && (await loadKey(database, accountId, keyId));
  if (account === null || stored === null) {
    const decided = await findVerdict(database, accountId, keyId);
    if (decided !== null) return afterDrop(database, decided as KeyCheckResult);
    return account ? keyCheckResult(dependencies, account, null, { outcome: 'nothing' }) : gone(accountId);
  }
  const check = new KeyCheck(dependencies, account, stored);
  const isBeside = request.keyId === null && stored.state === 'candidate';
  const inUse = isBeside ? await loadKey(database, accountId, 'active') : null;
  if (inUse !== null && inUse.createdAt > stored.createdAt) {
    const answer = await check.superseded({ accountId, isSameKey: inUse.fingerprint === stored.fingerprint });
    return answer.outcome === 'superseded' ? lookAtKey(dependencies, request) : answer;
  }
  const checked = await (inUse === null ? check.run() : check.runBeside(inUse));
  // A key that is linked is new to its caller, also where the attempt that adopted it could not answer: it is read with at once.
  const isNew = checked.keyId === request.keyId && checked.outcome === 'accepted';
  const result: KeyCheckResult = isNew ? { ...checked, subject: 'candidate' } : checked;
  await tellLinkSession(database, result.keyId ?? stored.keyId, result);
  return result;
}

/**
 * The answer once its candidate is gone, also to an attempt that comes later because the first one's answer was lost. The
 * workflow goes on while the account is linked, or another candidate waits, which is looked at next.
 */
async function afterDrop(database: Database, decided: KeyCheckResult): Promise<KeyCheckResult> {
  const { accountId, subject, outcome } = decided;
  const account = await loadAccount(database, accountId);
  const paused = account?.paused ?? decided.paused;
  if (subject !== 'candidate' || !['refused', 'superseded'].includes(outcome)) return { ...decided, paused };
  const isWaiting = (await newestCandidate(database, accountId)) !== null;
  const linked = isLinked(account);
  const status = linked ? account.status : isWaiting ? 'checking' : 'unlinked';
  return { ...decided, linked, paused, status, lookAgainMs: isWaiting ? 0 : routineLookMs };
}

class KeyCheck {
  readonly #dependencies: Dependencies;
  readonly #account: Account;
  readonly #stored: StoredKey;

  constructor(dependencies: Dependencies, account: Account, stored: StoredKey) {
    this.#dependencies = dependencies;
    this.#account = account;
    this.#stored = stored;
  }

  async run(): Promise<KeyCheckResult> {
    const { exchange, opener, settings } = this.#dependencies;
    const key = await openKey(opener, this.#stored);
    const report = await this.#report(key);
    const knownExpiryMs = this.#stored.expiresAt?.getTime() ?? null;
    const problems = problemsOf(report, settings, { nowMs: exchange.clockMs(), knownExpiryMs });
    const refusal = report.accepted ? refusalByPolicy(problems, settings.keyPolicy) : problems;
    if (isStandIn(this.#account.ownerId)) return this.#lookedAtOnly(report, refusal ?? problems, refusal !== null);
    if (!report.conclusive) return this.#result({ outcome: 'undecided', report, problems });
    if (refusal) return this.#refused(report, refusal);
    const verdict = await this.#witness(key, report);
    if (verdict === 'same') return this.#adopted(report, problems);
    if (verdict === 'untold') return this.#result({ outcome: 'undecided', report, problems: [unreachable] });
    return this.#refused(report, [describeProblem({ code: 'different-account', facts: { difference: verdict } })]);
  }

  /** Where the key in use is in doubt, it is checked too if the candidate stays undecided or does not open. */
  async runBeside(inUse: StoredKey): Promise<KeyCheckResult> {
    const { log } = this.#dependencies;
    const isInDoubt = inUse.doubtedAt !== null || this.#account.status === 'needs-attention';
    if (!isInDoubt) return this.run();
    const checked = await this.run().catch((error: unknown) => {
      if (!doesNotOpen(error)) throw error;
      log.warn({ account: this.#account.accountId, err: error }, 'a new key does not open');
      return null;
    });
    if (checked !== null && checked.outcome !== 'undecided') return checked;
    const judged = await new KeyCheck(this.#dependencies, this.#account, inUse).run();
    return judged.outcome === 'undecided' ? judged : { ...judged, lookAgainMs: waitingLookMs };
  }

  async #report(key: OpenKey): Promise<KeyReport> {
    const { cancellationSignal } = Context.current();
    const timeout = AbortSignal.timeout(checkMs);
    try {
      const reader = this.#dependencies.exchange.open(key);
      const subAccount = this.#stored.subAccount ?? this.#account.subAccount;
      return await whileWatched(this.#dependencies.database, this.#stored, (onStep) =>
        reader.check({ subAccount, onStep }, AbortSignal.any([cancellationSignal, timeout])),
      );
    } catch (error) {
      cancellationSignal.throwIfAborted();
      // Waiting for Postgres takes time too, and says nothing of the exchange.
      if (!timeout.aborted || databaseTrouble(error) !== null) throw error;
      return { ...unknownReport, problems: [{ code: 'exchange-unreachable', detail: '' }] };
    }
  }

  /** A key that never read this account must show that it is the same one: two histories can't be separated later. */
  async #witness(key: OpenKey, report: KeyReport): Promise<AccountVerdict> {
    const { accountId, linkedAt, exchangeAccountId: known } = this.#account;
    if (linkedAt === null) return 'same';
    if (known !== null && report.exchangeAccountId !== null) {
      return known === report.exchangeAccountId ? 'same' : 'another-id';
    }
    if (await isKnownKey(this.#dependencies.database, accountId, this.#stored.fingerprint)) return 'same';
    return accountVerdict(this.#dependencies, accountId, key, Context.current().cancellationSignal);
  }

  /** The account stands in for a key that is only looked at: nothing of it stays. */
  async #lookedAtOnly(report: KeyReport, problems: readonly Problem[], refused: boolean): Promise<KeyCheckResult> {
    const outcome = report.conclusive ? (refused ? 'refused' : 'accepted') : 'undecided';
    return this.#drop(await this.#result({ outcome, report, problems, status: 'unlinked' }));
  }

  async #refused(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    const { accountId } = this.#account;
    const { keyId } = this.#stored;
    if (this.#stored.state === 'active') {
      const doubtedForMs = await doubtKey(database, accountId, keyId);
      const isFirstLook = doubtedForMs < secondLookMs;
      const status = isFirstLook ? null : await noteRefusal(database, { accountId, keyId, problems });
      if (status !== null) return this.#result({ outcome: 'refused', report, problems, status });
      const lookAgainMs = Math.max(0, secondLookMs - doubtedForMs);
      return this.#result({ outcome: 'undecided', report, problems, lookAgainMs });
    }
    return this.#drop(await this.#result({ outcome: 'refused', report, problems }));
  }

  /** The last step: an attempt that ends before it begins anew, and one that ends after it leaves its answer to the next. */
  async #drop(decided: KeyCheckResult): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    const { keyId } = this.#stored;
    await tellLinkSession(database, keyId, decided);
    await dropCandidate(database, this.#account.accountId, keyId, decided);
    return afterDrop(database, decided);
  }

  async #adopted(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    try {
      return await this.#accepted(report, problems);
    } catch (error) {
      if (error instanceof NewerKeyInUse) return this.superseded(error);
      throw error;
    }
  }

  /** The key in use came later than this candidate, which is discarded. Where both are the same key, the one in use answers. */
  async superseded({ accountId, isSameKey }: Pick<NewerKeyInUse, 'accountId' | 'isSameKey'>): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    const { keyId } = this.#stored;
    if (accountId !== this.#account.accountId) await dropCandidate(database, accountId, keyId);
    const [account, inUse] = await Promise.all([
      loadAccount(database, accountId),
      loadKey(database, accountId, 'active'),
    ]);
    if (isSameKey && account !== null && inUse !== null) {
      const answer = await new KeyCheck(this.#dependencies, account, inUse).run();
      // Its caller waits for a verdict, and would hear that the key was lost.
      if (answer.outcome === 'undecided') return answer;
      return this.#drop({ ...answer, alreadyLinked: true });
    }
    return this.#drop(await this.#result({ outcome: 'superseded' }));
  }

  async #accepted(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const { accountId, linkedAt } = this.#account;
    const isMainAccount = report.problems.some(({ code }) => code === 'sub-account-needs-own-key');
    const adopted = { ...report, isMainAccount };
    try {
      return await this.#linked(accountId, adopted, problems);
    } catch (error) {
      if (!(error instanceof ExchangeAccountTaken)) throw error;
      // An account with a history of its own is not merged into another one unasked: its user gets the problem that the two are one.
      if (linkedAt === null) return this.#handedOver(report, problems);
      const answer = await this.#linked(accountId, { ...adopted, isShared: true }, problems);
      await updateDuplicates(this.#dependencies, accountId);
      return answer;
    }
  }

  /** The owner has this exchange account already: the key goes there, and this account vanishes. */
  async #handedOver(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const { database, opener } = this.#dependencies;
    const { accountId: fromAccountId, ownerId } = this.#account;
    const { keyId } = this.#stored;
    const target = await findAccountOfExchangeAccount(database, ownerId, report.exchangeAccountId as string);
    if (target === null)
      throw ApplicationFailure.retryable('The account that has this exchange account is just going away.');
    const credentials = await opener.open(this.#stored);
    const toAccountId = target.accountId;
    const publicKey = opener.publicKey();
    const resealed = await seal({ publicKey, ownerId, accountId: toAccountId, keyId, credentials });
    await copyCandidate(database, { fromAccountId, toAccountId, keyId, sealed: resealed });
    const answer = await this.#linked(toAccountId, report, problems);
    // Its workflow may have ended, or sleep with a key that is refused: the starter of workflows wakes it.
    await requestStart(database, toAccountId);
    return this.#drop(answer);
  }

  async #linked(
    accountId: string,
    report: KeyReport & AdoptedReport,
    problems: readonly Problem[],
  ): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    const everythingReadThrough = await readThrough(this.#dependencies, accountId);
    const isHere = accountId === this.#account.accountId;
    const findings = { everythingReadThrough, problems, ...(isHere && { doubtedAt: this.#stored.doubtedAt }) };
    const { alreadyLinked } = await adoptCandidate(database, accountId, this.#stored.keyId, report, findings);
    const account = await loadAccount(database, accountId);
    if (account === null) return gone(accountId);
    return keyCheckResult(this.#dependencies, account, this.#stored, {
      outcome: 'accepted',
      report,
      problems,
      alreadyLinked,
      everythingReadThrough,
      lookAgainMs: report.incomplete ? incompleteLookMs : routineLookMs,
    });
  }

  #result(parts: ResultParts): Promise<KeyCheckResult> {
    return keyCheckResult(this.#dependencies, this.#account, this.#stored, parts);
  }
}

const unknownReport: KeyReport = {
  accepted: false,
  conclusive: false,
  readOnly: null,
  permissions: [],
  keyExpiresAtMs: null,
  exchangeAccountId: null,
  incomplete: true,
  problems: [],
};

const unreachable = describeProblem({ code: 'exchange-unreachable' });
