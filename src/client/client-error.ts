/** What a caller may branch on. `wrong-…` is the caller's to correct; the others report an account's or a server's state. */
export type ClientErrorCode =
  | 'aborted'
  | 'account-closed'
  | 'account-merged'
  | 'account-needs-attention'
  | 'account-not-found'
  | 'account-paused'
  | 'account-unlinked'
  | 'client-closed'
  | 'confirmation-declined'
  | 'database-role'
  | 'database-unreachable'
  | 'different-accounts'
  | 'limit-reached'
  | 'link-session-not-found'
  | 'no-worker'
  | 'not-available'
  | 'request-refused'
  | 'schema-outdated'
  | 'temporal-unreachable'
  | 'timed-out'
  | 'too-many-link-sessions'
  | 'unexpected'
  | 'wrong-configuration'
  | 'wrong-credentials'
  | 'wrong-cursor'
  | 'wrong-limit'
  | 'wrong-range'
  | 'wrong-signature'
  | 'wrong-stream'
  | 'wrong-usage';

/** What the client throws: what happened, without secrets, and the next step. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  readonly code: ClientErrorCode;
  /** What to do next. */
  readonly remedy: string;

  constructor(code: ClientErrorCode, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** A failure as a log may show it: a code, because a message may hold an address or a value. */
export function failureCode(error: unknown): string {
  if (error instanceof ClientError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

/** The call was ended by its signal, whose reason is the `cause`. */
export class Aborted extends ClientError {
  // The same name as the errors of `fetch` and of other calls that take a signal.
  override readonly name = 'AbortError';

  constructor(reason: unknown) {
    super(
      'aborted',
      'The call was aborted by its signal.',
      'What was already sent may still be carried out: look at `status`.',
      {
        cause: reason,
      },
    );
  }
}

/** The owner has reached a limit. Nothing was stored. */
export class LimitReached extends ClientError {
  override readonly name = 'LimitReached';
  readonly limit: 'accounts' | 'unproven-keys-per-hour';
  /** When another try can succeed; null if waiting does not help. */
  readonly retryAt: Date | null;

  constructor(limit: LimitReached['limit'], most: number, retryAt: Date | null) {
    const reached = {
      accounts: `This owner has ${most} accounts, which is the limit.`,
      'unproven-keys-per-hour': `This owner had ${most} keys checked within an hour that were never accepted, which is the limit.`,
    };
    const remedy = retryAt === null ? 'Unlink one first.' : `Try again after ${retryAt.toISOString()}.`;
    super('limit-reached', reached[limit], remedy);
    this.limit = limit;
    this.retryAt = retryAt;
  }
}

/** The account was merged into another one of this owner; its id redirects there permanently. */
export class AccountMerged extends ClientError {
  override readonly name = 'AccountMerged';
  /** The account that has its history now. */
  readonly mergedInto: string;

  constructor(accountId: string, mergedInto: string) {
    super(
      'account-merged',
      `Account ${accountId} was merged into account ${mergedInto}, which has its history.`,
      `Use ${mergedInto} instead.`,
    );
    this.mergedInto = mergedInto;
  }
}

/** No such account, or another owner's: the message does not say which, so that ids can't be probed. */
export class AccountNotFound extends ClientError {
  override readonly name = 'AccountNotFound';

  constructor(accountId: string) {
    super('account-not-found', `Account ${accountId} was not found.`, 'List the accounts of this owner with `list`.');
  }
}

export function clientClosed(): ClientError {
  return new ClientError('client-closed', 'The client is closed.', 'Make another one with `createClient`.');
}
