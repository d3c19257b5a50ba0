import { randomUUID } from 'node:crypto';
import type { AnswerProblem, KeyCheck, LinkResult, RotateResult, WaitingCode } from '../answers/index.ts';
import { answerProblem, isWaiting, waitingProblem } from '../answers/problem.ts';
import {
  BadCredentials,
  fingerprintOf,
  parseCredentials,
  type Credentials as Secrets,
} from '../credentials/credentials.ts';
import { seal } from '../credentials/seal.ts';
import {
  accountIdOf,
  BeingErased,
  dropCandidate,
  findAccount,
  findAccountOfKey,
  type NewCandidate,
  QuotaReached,
  saveCandidate,
  standInOwner,
} from '../database/index.ts';
import { certainProblem, slipsBehind, slipsOf } from '../history/credentials-slips.ts';
import type { Problem } from '../history/failure.ts';
import { describeProblem, describeRemarks } from '../problems/describe-problem.ts';
import type { AccountToStart } from '../workflows/account-start.ts';
import { type LinkRequest, linkUpdate } from '../workflows/messages.ts';
import { AccountMerged, ClientError, LimitReached } from './client-error.ts';
import { type ClientConnections, type Connections, connectionsOf } from './connections.ts';
import { nameIn } from './foreign-input.ts';
import type { StoredAccount } from './stored-accounts.ts';

/** The three texts of a key, as BitMart showed them. Blanks and quotes around them do not matter. */
export interface Credentials {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** What the user typed when the key was made. */
  readonly memo: string;
}

interface LinkInput {
  readonly ownerId: string;
  readonly credentials: Credentials;
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly wait: boolean;
  /** The id under which the key is stored. */
  readonly keyId?: string;
}

// An answer is promised within 30 seconds; the remainder is for Postgres, and for finding out which server is missing.
const checkTimeoutMs = 22_000;

/**
 * Stores the key as a candidate, sealed for the worker, and asks the account's workflow to check it. Two simultaneous calls
 * with one key meet in one workflow, because the account's id is derived from owner and key.
 */
export async function linkKey(connections: Connections, input: LinkInput): Promise<LinkResult> {
  const named = { ...input, label: nameIn(input.label, 'label'), subAccount: nameIn(input.subAccount, 'sub-account') };
  const key = sealable(connections, input.credentials);
  if (key.mistyped) return refusal(key.mistyped, { accountId: null, status: 'refused', alreadyLinked: false });
  const { existing, account, keyId } = await storedCandidate(connections, named, key);
  const answer = await askWorkflow(connections, account, { keyId, purpose: 'link' }, existing, input.wait);
  const { outcome } = answer;
  const result = { ...answer, remarks: remarksOn(key, answer) };
  if (outcome !== 'refused') return { ...result, outcome };
  // Refusing an account's first key deletes the account.
  const isLeft = await connections.accounts.ask(findAccount, input.ownerId, answer.accountId);
  return isLeft ? { ...result, outcome } : { ...result, outcome, accountId: null, status: 'refused' };
}

/** Stores the candidate at the account that the owner has for the key, or at a new one. */
async function storedCandidate(connections: Connections, input: LinkInput, key: SealableKey) {
  const { ownerId, label, subAccount, keyId } = input;
  let existing = await connections.accounts.ask(findAccountOfKey, ownerId, key.fingerprint);
  for (;;) {
    const accountId = accountIdOf(ownerId, key.fingerprint);
    const account: AccountToStart = existing ?? { accountId, ownerId, label };
    try {
      return {
        existing,
        account,
        keyId: await storeCandidate(connections, account, key, { label, subAccount, keyId }),
      };
    } catch (error) {
      // The key's account was merged into another one, which has the key from now on.
      if (!(error instanceof AccountMerged)) throw error;
      existing = await connections.accounts.ask(findAccount, ownerId, error.mergedInto);
      if (existing === null) throw beingErased(new BeingErased(error.mergedInto));
    }
  }
}

/** Checks a new key for an existing account; the present key stays in use until the new one is accepted. */
export async function rotateKey(
  connections: Connections,
  input: { readonly account: StoredAccount; readonly credentials: Credentials; readonly keyId?: string },
): Promise<RotateResult> {
  const { account } = input;
  const key = sealable(connections, input.credentials);
  const { accountId, status } = account;
  if (key.mistyped) return refusal(key.mistyped, { accountId, status, alreadyLinked: isLinked(account) });
  const keyId = await storeCandidate(connections, account, key, { label: null, subAccount: null, keyId: input.keyId });
  const answer = await askWorkflow(connections, account, { keyId, purpose: 'rotate' }, account);
  return { ...answer, remarks: remarksOn(key, answer) };
}

/**
 * Only the worker can open keys, so a check works like a link: with a candidate of a probe account, which has no owner and is
 * deleted afterwards. With an owner, the answer says whether the key is already linked.
 */
export async function checkKey(
  connections: ClientConnections,
  input: { readonly ownerId: string | null; readonly credentials: Credentials; readonly subAccount: string | null },
): Promise<KeyCheck> {
  const subAccount = nameIn(input.subAccount, 'sub-account');
  const key = sealable(connections, input.credentials);
  if (key.mistyped) return refusal(key.mistyped, { accountId: null, status: 'unlinked', alreadyLinked: false });
  const { ownerId } = input;
  const existing =
    ownerId === null ? null : await connections.store.ofOwner(ownerId).ask(findAccountOfKey, ownerId, key.fingerprint);
  const standInId = randomUUID();
  const standIn: AccountToStart = { accountId: standInId, ownerId: standInOwner(standInId), label: 'key check' };
  const names = { label: standIn.label, subAccount, attemptOf: ownerId };
  const own = connectionsOf(connections, standIn.ownerId);
  const keyId = await storeCandidate(own, standIn, key, names);
  try {
    const answer = await askWorkflow(own, standIn, { keyId, purpose: 'check' }, null);
    return {
      ...answer,
      accountId: existing?.accountId ?? null,
      status: existing?.status ?? (answer.outcome === 'undecided' ? 'checking' : 'unlinked'),
      alreadyLinked: isLinked(existing),
      remarks: remarksOn(key, answer),
    };
  } finally {
    await own.accounts.ask(dropCandidate, standInId, keyId);
  }
}

interface SealableKey {
  readonly publicKey: string;
  readonly credentials: Secrets;
  readonly fingerprint: string;
  /** What rules the key out at once, so that it is neither stored nor sent. */
  readonly mistyped: Problem | null;
}

export function publicKeyOf({ publicKey }: ClientConnections): string {
  if (publicKey !== null) return publicKey;
  throw new ClientError(
    'wrong-configuration',
    'Keys can’t be sealed without the public key.',
    'Set `publicKey` to what `bitmart-sync keys generate` printed (on the command line: CREDENTIALS_PUBLIC_KEY).',
  );
}

function sealable(connections: ClientConnections, input: unknown): SealableKey {
  const publicKey = publicKeyOf(connections);
  const credentials = parsedOf(input);
  const code = certainProblem(credentials);
  const slips = code === null ? [] : slipsBehind(code, slipsOf(credentials));
  const mistyped = code && describeProblem({ code, facts: { slips } });
  return { publicKey, credentials, fingerprint: fingerprintOf(credentials.apiKey), mistyped };
}

/** The refusal of a key that is obviously wrong, without asking the exchange. */
function refusal<Account extends Pick<KeyCheck, 'accountId' | 'status' | 'alreadyLinked'>>(
  mistyped: Problem,
  account: Account,
): Account & KeyCheck & { readonly outcome: 'refused' } {
  return {
    ...account,
    readOnly: null,
    permissions: [],
    keyExpiresAt: null,
    problems: [answerProblem(mistyped)],
    outcome: 'refused',
    remarks: [],
  };
}

/** Likely typing errors are remarks until the exchange has judged the key; if it is refused, the remedy names them. */
function remarksOn({ credentials }: SealableKey, { outcome, readOnly }: Answer): readonly string[] {
  return describeRemarks({
    slips: outcome === 'undecided' ? slipsOf(credentials) : [],
    permissionsUnknown: outcome === 'accepted' && readOnly === null,
  });
}

function parsedOf(input: unknown): Secrets {
  try {
    return parseCredentials(input);
  } catch (error) {
    if (!(error instanceof BadCredentials)) throw error;
    throw new ClientError('wrong-credentials', error.message, 'Pass the three texts as BitMart showed them.');
  }
}

interface CandidateNames extends Pick<NewCandidate, 'label' | 'subAccount' | 'attemptOf'> {
  readonly keyId?: string | undefined;
}

async function storeCandidate(
  connections: Connections,
  account: AccountToStart,
  key: SealableKey,
  { keyId = randomUUID(), ...names }: CandidateNames,
): Promise<string> {
  const { accountId, ownerId } = account;
  const { publicKey, credentials, fingerprint } = key;
  const sealed = await seal({ publicKey, ownerId, accountId, keyId, credentials });
  const candidate = { accountId, ownerId, ...names, keyId, fingerprint, sealed };
  const { mergedInto } = await connections.accounts
    .ask(saveCandidate, candidate, connections.quotas)
    .catch((error: unknown) => {
      if (error instanceof BeingErased) throw beingErased(error);
      if (!(error instanceof QuotaReached)) throw error;
      throw new LimitReached(error.quota, error.most, error.retryAt);
    });
  if (mergedInto !== null) throw new AccountMerged(accountId, mergedInto);
  return keyId;
}

function beingErased({ message }: BeingErased): ClientError {
  return new ClientError('request-refused', message, 'It takes seconds, of a large account minutes.');
}

type Answer = Omit<RotateResult, 'remarks'>;

/** What the account's workflow answers; undecided while it can't answer, and where it is only woken (`wait` false). */
async function askWorkflow(
  connections: Connections,
  account: AccountToStart,
  request: LinkRequest,
  existing: StoredAccount | null,
  wait = true,
): Promise<Answer> {
  const workflows = await connections.workflows.open();
  try {
    if (!wait) {
      await workflows.wake(account);
      return undecided(account, existing, []);
    }
    const answer = await workflows.update(account, linkUpdate, [request], {
      timeoutMs: checkTimeoutMs,
      updateId: request.keyId,
    });
    return {
      accountId: answer.accountId,
      status: answer.status,
      alreadyLinked: answer.alreadyLinked,
      readOnly: answer.readOnly,
      permissions: answer.permissions,
      keyExpiresAt: answer.keyExpiresAt,
      problems: answer.problems.map(answerProblem),
      outcome: answer.outcome,
    };
  } catch (error) {
    if (!(error instanceof ClientError) || !isWaiting(error.code)) throw error;
    return undecided(account, existing, [problemOf(error, error.code, request.purpose)]);
  }
}

function undecided(
  account: AccountToStart,
  existing: StoredAccount | null,
  problems: readonly AnswerProblem[],
): Answer {
  return {
    accountId: account.accountId,
    status: existing === null || existing.status === 'unlinked' ? 'checking' : existing.status,
    alreadyLinked: isLinked(existing),
    readOnly: null,
    permissions: [],
    keyExpiresAt: null,
    problems,
    outcome: 'undecided',
  };
}

function isLinked(account: StoredAccount | null): boolean {
  return account !== null && account.linkedAt !== null && account.status !== 'unlinked';
}

function problemOf(error: ClientError, code: WaitingCode, purpose: LinkRequest['purpose']): AnswerProblem {
  const isStored = purpose !== 'check';
  const fate = isStored ? 'The key is stored, sealed; it is checked as soon as a worker can.' : 'Nothing was stored.';
  return waitingProblem(code, { message: error.message, remedy: `${error.remedy} ${fate}` }, isStored);
}
