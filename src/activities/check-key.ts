import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { BoxDoesNotOpen } from '../credentials/open.ts';
import { seal } from '../credentials/seal.ts';
import {
  type Account,
  adoptCandidate,
  copyCandidate,
  dropCandidate,
  ExchangeAccountTaken,
  findAccountOfExchangeAccount,
  loadAccount,
  loadKey,
  loadParts,
  markStarted,
  newestCandidate,
  replaceProblems,
  type StoredKey,
  setStatus,
} from '../database/index.ts';
import type { Problem } from '../history/failure.ts';
import type { KeyReport, OpenKey } from '../history/ports.ts';
import { describeProblem } from '../history/problem-texts.ts';
import type { Activities, KeyCheckRequest, KeyCheckResult } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { problemsOf, refusalByPolicy } from './key-problems.ts';
import { servesAnotherAccount } from './same-account.ts';

/** A person waits for the answer of a link; what takes longer is undecided and looked at again. */
const checkMs = 17_000;

export function createCheckKey(dependencies: Dependencies): Activities['checkKey'] {
  return async (request) => {
    const { database } = dependencies;
    const account = await loadAccount(database, request.accountId);
    if (account === null) return gone(request.accountId);
    const keyId =
      request.purpose === 'recheck'
        ? 'active'
        : (request.keyId ?? (await newestCandidate(database, account.accountId)));
    const stored = keyId === null ? null : await loadKey(database, account.accountId, keyId);
    if (stored === null) return result(dependencies, account, { outcome: 'nothing' });
    const check = new KeyCheck(dependencies, account, stored, request);
    return check.run();
  };
}

class KeyCheck {
  readonly #dependencies: Dependencies;
  readonly #account: Account;
  readonly #stored: StoredKey;
  readonly #request: KeyCheckRequest;

  constructor(dependencies: Dependencies, account: Account, stored: StoredKey, request: KeyCheckRequest) {
    this.#dependencies = dependencies;
    this.#account = account;
    this.#stored = stored;
    this.#request = request;
  }

  async run(): Promise<KeyCheckResult> {
    const key = this.#opened();
    const report = await this.#report(key);
    const problems = problemsOf(report, this.#dependencies.settings, this.#dependencies.exchange.clockMs());
    if (this.#request.purpose === 'check') return this.#lookedAtOnly(report, problems);
    if (!report.conclusive) return this.#result({ outcome: 'undecided', report, problems });
    const refusal = report.accepted ? refusalByPolicy(problems, this.#dependencies.settings.keyPolicy) : problems;
    if (refusal) return this.#refused(report, refusal);
    if (this.#request.purpose === 'rotate') {
      const verdict = await this.#witness(key, report);
      if (verdict === 'another') return this.#refused(report, [describeProblem({ code: 'different-account' })]);
      if (verdict === 'untold') return this.#result({ outcome: 'undecided', report, problems: [unreachable] });
    }
    return this.#accepted(report, problems);
  }

  #opened(): OpenKey {
    const { sealed, ownerId, keyId, fingerprint } = this.#stored;
    try {
      const { apiKey, apiSecret, memo } = this.#dependencies.opener.open({ sealed, ownerId, keyId });
      return { apiKey, apiSecret, memo, fingerprint };
    } catch (error) {
      throw error instanceof BoxDoesNotOpen ? keyDoesNotOpen(error) : error;
    }
  }

  async #report(key: OpenKey): Promise<KeyReport> {
    const { cancellationSignal } = Context.current();
    const timeout = AbortSignal.timeout(checkMs);
    try {
      const reader = this.#dependencies.exchange.open(key);
      const options = { subAccount: this.#account.subAccount };
      return await reader.check(options, AbortSignal.any([cancellationSignal, timeout]));
    } catch (error) {
      cancellationSignal.throwIfAborted();
      if (!timeout.aborted) throw error;
      return { ...unknownReport, problems: [{ code: 'exchange-unreachable', detail: '' }] };
    }
  }

  async #witness(key: OpenKey, report: KeyReport): Promise<'same' | 'another' | 'untold'> {
    const known = this.#account.exchangeAccountId;
    if (known !== null && report.exchangeAccountId !== null) {
      return known === report.exchangeAccountId ? 'same' : 'another';
    }
    return servesAnotherAccount(this.#dependencies, this.#account.accountId, key, Context.current().cancellationSignal);
  }

  async #lookedAtOnly(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const refusal = report.accepted ? refusalByPolicy(problems, this.#dependencies.settings.keyPolicy) : problems;
    await dropCandidate(this.#dependencies.database, this.#account.accountId, this.#stored.keyId);
    const outcome = report.conclusive ? (refusal ? 'refused' : 'accepted') : 'undecided';
    return this.#result({ outcome, report, problems, status: 'unlinked' });
  }

  async #refused(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    const { accountId } = this.#account;
    if (this.#request.purpose === 'recheck') {
      await setStatus(database, accountId, { status: 'needs-attention' });
      await replaceProblems(database, accountId, null, problems);
      return this.#result({ outcome: 'refused', report, problems, status: 'needs-attention' });
    }
    const fate = await dropCandidate(database, accountId, this.#stored.keyId);
    const status = fate === 'account-deleted' ? 'unlinked' : this.#account.status;
    return this.#result({ outcome: 'refused', report, problems, status });
  }

  async #accepted(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    try {
      const adoption = await adoptCandidate(database, this.#account.accountId, this.#stored.keyId, report);
      return await this.#linked(this.#account.accountId, adoption.alreadyLinked, report, problems);
    } catch (error) {
      if (!(error instanceof ExchangeAccountTaken)) throw error;
      return this.#handedOver(report, problems);
    }
  }

  /** The owner has this exchange account already: the key goes there, and this account vanishes. */
  async #handedOver(report: KeyReport, problems: readonly Problem[]): Promise<KeyCheckResult> {
    const { database, opener, publicKey } = this.#dependencies;
    const { accountId: fromAccountId, ownerId } = this.#account;
    const { keyId, sealed } = this.#stored;
    const target = await findAccountOfExchangeAccount(database, ownerId, report.exchangeAccountId as string);
    if (target === null)
      throw ApplicationFailure.retryable('The account that has this exchange account is just going away.');
    const credentials = opener.open({ sealed, ownerId, keyId });
    const toAccountId = target.accountId;
    const resealed = await seal({ publicKey, ownerId, accountId: toAccountId, keyId, credentials });
    await copyCandidate(database, { fromAccountId, toAccountId, keyId, sealed: resealed });
    const adoption = await adoptCandidate(database, toAccountId, keyId, report);
    const answer = await this.#linked(toAccountId, adoption.alreadyLinked, report, problems);
    // Its workflow may have ended, or sleep with a key that is refused: whoever starts workflows wakes it.
    await markStarted(database, toAccountId, false);
    await dropCandidate(database, fromAccountId, keyId);
    return answer;
  }

  async #linked(
    accountId: string,
    alreadyLinked: boolean,
    report: KeyReport,
    problems: readonly Problem[],
  ): Promise<KeyCheckResult> {
    const { database } = this.#dependencies;
    const account = await loadAccount(database, accountId);
    if (account === null) return gone(accountId);
    const everythingReadThrough = await readThrough(this.#dependencies, accountId);
    const status = account.paused ? 'paused' : everythingReadThrough ? 'live' : 'backfilling';
    await setStatus(database, accountId, { status });
    await replaceProblems(
      database,
      accountId,
      null,
      problems.filter((problem) => problem.stream === undefined),
    );
    for (const problem of problems) {
      if (problem.stream !== undefined) await replaceProblems(database, accountId, problem.stream, [problem]);
    }
    return result(this.#dependencies, account, { outcome: 'accepted', report, problems, status, alreadyLinked });
  }

  #result(parts: ResultParts): Promise<KeyCheckResult> {
    return result(this.#dependencies, this.#account, parts);
  }
}

const unknownReport: KeyReport = {
  accepted: false,
  conclusive: false,
  readOnly: null,
  permissions: [],
  keyExpiresAtMs: null,
  exchangeAccountId: null,
  problems: [],
};

const unreachable = describeProblem({ code: 'exchange-unreachable' });

interface ResultParts {
  readonly outcome: KeyCheckResult['outcome'];
  readonly report?: KeyReport;
  readonly problems?: readonly Problem[];
  readonly status?: KeyCheckResult['status'];
  readonly alreadyLinked?: boolean;
}

async function result(dependencies: Dependencies, account: Account, parts: ResultParts): Promise<KeyCheckResult> {
  const { report } = parts;
  const lanes = Map.groupBy(dependencies.exchange.streams, (stream) => stream.endpoint);
  return {
    outcome: parts.outcome,
    accountId: account.accountId,
    ownerId: account.ownerId,
    label: account.label,
    status: parts.status ?? account.status,
    linked: account.linkedAt !== null && account.unlinkedAt === null,
    paused: account.paused,
    alreadyLinked: parts.alreadyLinked ?? (account.linkedAt !== null && account.unlinkedAt === null),
    readOnly: report?.readOnly ?? null,
    permissions: report?.permissions ?? [],
    keyExpiresAt: report?.keyExpiresAtMs ? new Date(report.keyExpiresAtMs).toISOString() : null,
    problems: parts.problems ?? [],
    lanes: [...lanes.values()].map((streams) => streams.map((stream) => stream.name)),
    everythingReadThrough: await readThrough(dependencies, account.accountId),
  };
}

async function readThrough({ database, exchange }: Dependencies, accountId: string): Promise<boolean> {
  const parts = await loadParts(database, accountId);
  const finished = parts.filter((part) => part.state.readThrough).map((part) => `${part.stream}/${part.part}`);
  return exchange.streams.every((stream) => stream.parts.every((part) => finished.includes(`${stream.name}/${part}`)));
}

function gone(accountId: string): KeyCheckResult {
  return {
    outcome: 'gone',
    accountId,
    ownerId: '',
    label: null,
    status: 'unlinked',
    linked: false,
    paused: false,
    alreadyLinked: false,
    readOnly: null,
    permissions: [],
    keyExpiresAt: null,
    problems: [],
    lanes: [],
    everythingReadThrough: false,
  };
}

/** Only the operator can help: the ring lacks a key, or a row was tampered with. Tried again slowly, so that it heals by itself. */
export function keyDoesNotOpen(error: BoxDoesNotOpen): ApplicationFailure {
  return ApplicationFailure.create({ type: 'KeyDoesNotOpen', message: error.message, nextRetryDelay: '5m' });
}
