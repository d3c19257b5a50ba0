import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { LinkResult } from '../answers/index.ts';
import { fingerprintOf } from '../credentials/credentials.ts';
import {
  beginSubmission,
  exitLinkSession,
  expireLinkSessions,
  findLinkSessionOfOwner,
  type LinkSessionAnswer,
  type LinkSessionOutcome,
  type LinkSessionState,
  linkSubmission,
  noteUndecided,
  ownerOfLinkSession,
  ownersOfDueLinkSessions,
  refuseSubmission,
  reopenLostSubmissions,
  requireCurrentSchema,
  type StoredLinkSession,
  saveLinkSession,
} from '../database/index.ts';
import { cleanedTexts, slipsOf } from '../history/credentials-slips.ts';
import type { KeyCheckProblem } from '../history/failure.ts';
import { ClientError, failureCode } from './client-error.ts';
import { type ClientConnections, connectionsOf } from './connections.ts';
import { isAccountId, nameIn, quoted } from './foreign-input.ts';
import { type Credentials, linkKey, publicKeyOf, rotateKey } from './link.ts';
import { foundAccount, type StoredAccounts } from './stored-accounts.ts';

/** The languages of the connection page. */
export const linkLanguages = ['en', 'ja', 'zh', 'ko'] as const;
export type LinkLanguage = (typeof linkLanguages)[number];

export interface LinkSessionOptions {
  /** Where the user returns to: `?session=ID&outcome=linked` or `exited` is added. */
  readonly returnUrl?: string | null;
  /** The one origin, such as `https://app.example.com`, that may show the page in a frame and gets its messages. */
  readonly origin?: string | null;
  /** @default what the user's browser asks for */
  readonly language?: LinkLanguage | null;
  /** The account whose key is replaced. Left out: an account is linked. */
  readonly replaceKey?: string | null;
  /** What the user calls the account. Not part of its identity. */
  readonly label?: string | null;
}

export interface CreatedLinkSession {
  readonly sessionId: string;
  /** Secret: with it anyone may link a key for the owner, once, until it expires. */
  readonly url: string;
  readonly expiresAt: string;
}

export interface LinkSession {
  readonly sessionId: string;
  readonly state: LinkSessionState;
  /** Null until the session has ended. */
  readonly outcome: LinkSessionOutcome | null;
  readonly accountId: string | null;
  readonly replaceKey: string | null;
  /** The problems of the key that was tried last. */
  readonly problems: readonly KeyCheckProblem[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
}

/** A key could not be checked; `reason` is the code of the failure. */
interface FailedCheck {
  readonly outcome: 'failed';
  readonly problems: LinkResult['problems'];
  readonly reason: string;
}

/** Long enough to make a key at BitMart, e-mailed code included; short enough that a URL that is found later is useless. */
const lifetimeMs = 30 * 60_000;

/** No user needs more. A platform that makes a session for every page view would fill the table. */
const maxOpenSessions = 100;

/** Enough for typing errors, too few for guessing; each check costs the exchange a dozen requests. */
export const maxSubmissions = 10;
const submissionLimits = { perSession: maxSubmissions, perOwnerAndHour: 60 };

/** The sessions of the connection page: a platform creates them, the page's server advances them. */
export class LinkSessions {
  readonly #connections: ClientConnections;

  constructor(connections: ClientConnections) {
    this.#connections = connections;
  }

  async create(ownerId: string, options: LinkSessionOptions): Promise<CreatedLinkSession> {
    const address = addressOf(this.#connections.linkUrl);
    const { origin = null, language = null, replaceKey: replaces = null } = options;
    const label = nameIn(options.label, 'label');
    const isHttpsOnly = address.protocol === 'https:';
    const returnUrl = options.returnUrl ? assertAddress('returnUrl', options.returnUrl, isHttpsOnly).href : null;
    // In the page's Content-Security-Policy a `*` would mean every origin, and the other characters would end the directive or
    // the policy.
    if (origin !== null && (assertAddress('origin', origin, isHttpsOnly).origin !== origin || /[*;,']/.test(origin))) {
      throw wrongUsage(`origin is not an origin like https://app.example.com: ${JSON.stringify(origin)}.`);
    }
    if (language !== null && !linkLanguages.includes(language)) {
      throw wrongUsage(`The page has no language ${JSON.stringify(language)}; it has ${linkLanguages.join(', ')}.`);
    }
    const token = randomBytes(32).toString('base64url');
    const sessionId = randomUUID();
    const session = { sessionId, ownerId, label, returnUrl, origin, language, replaces, lifetimeMs };
    const tokenHash = hashOf(token);
    const saved = await this.#of(ownerId).ask(saveLinkSession, { ...session, tokenHash }, maxOpenSessions);
    if (saved === null) {
      throw new ClientError(
        'too-many-link-sessions',
        `This owner has ${maxOpenSessions} open link sessions.`,
        `Make a session when its user opens the page; each one expires within ${lifetimeMs / 60_000} minutes.`,
      );
    }
    return { sessionId, url: `${address.origin}/link/${token}`, expiresAt: saved.expiresAt.toISOString() };
  }

  async state(ownerId: string, sessionId: string): Promise<LinkSession> {
    // Text that can't be an id is not looked up.
    const session = isAccountId(sessionId)
      ? await this.#of(ownerId).ask(findLinkSessionOfOwner, ownerId, sessionId)
      : null;
    if (session === null) {
      throw new ClientError(
        'link-session-not-found',
        `Link session ${quoted(sessionId)} was not found.`,
        'Make a session with `createLinkSession`.',
      );
    }
    const { state, accountId, replaces: replaceKey, answer } = session;
    return {
      sessionId,
      state,
      outcome: isFinished(state) ? state : null,
      accountId,
      replaceKey,
      problems: answer?.problems ?? [],
      createdAt: session.createdAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
      endedAt: session.endedAt?.toISOString() ?? null,
    };
  }

  /** The streams, in the order in which they are shown. */
  get streams(): readonly string[] {
    return this.#connections.store.streams.flatMap(({ name, right }) => (right === undefined ? [name] : []));
  }

  /** When the exchange closes; null if that is not known. */
  async platformEnd(): Promise<Date | null> {
    const endMs = (await this.#connections.store.timetable())?.platformEndMs ?? null;
    return endMs === null ? null : new Date(endMs);
  }

  /** Throws if no key could be taken: each user would hear only that it is our fault. */
  requirePublicKey(): void {
    publicKeyOf(this.#connections);
  }

  /** Whether Postgres and Temporal can be used, and the reason if not. */
  readiness(): Promise<readonly { readonly part: string; readonly reason: string | null }[]> {
    const reasonOf = async (part: string, look: () => Promise<unknown>) => ({
      part,
      reason: await look().then(
        () => null,
        (error: unknown) => (error as Error).message.replaceAll('\n', ' '),
      ),
    });
    return Promise.all([
      reasonOf('database', () => this.#connections.store.ask(requireCurrentSchema)),
      reasonOf('temporal', async () => (await this.#connections.workflows.open()).assertReachable()),
    ]);
  }

  /** The session of a URL's secret; null if there is none. */
  async find(token: string): Promise<StoredLinkSession | null> {
    const found = await this.#connections.store.ask(ownerOfLinkSession, hashOf(token));
    return found && this.#of(found.ownerId).ask(findLinkSessionOfOwner, found.ownerId, found.sessionId);
  }

  /**
   * Begins the check of a submitted key; false if the session takes no key (any longer). `checked` resolves when the result is
   * stored, and never rejects.
   */
  async submit(
    session: StoredLinkSession,
    { subAccount, ...credentials }: Credentials & { readonly subAccount: string | null },
  ): Promise<{ readonly checked: Promise<LinkResult | FailedCheck> } | null> {
    const keyId = randomUUID();
    const cleaned = cleanedTexts(credentials);
    const submission = { keyId, fingerprint: fingerprintOf(cleaned.apiKey), slips: slipsOf(cleaned) };
    const limits = { ...submissionLimits, unprovenKeysPerHour: this.#connections.quotas.unprovenKeysPerHour };
    const accounts = this.#of(session.ownerId);
    if (!(await accounts.ask(beginSubmission, session, submission, limits))) return null;
    return { checked: this.#check(session, { credentials, subAccount, keyId }) };
  }

  exit(session: StoredLinkSession): Promise<void> {
    return this.#of(session.ownerId).ask(exitLinkSession, session.sessionId);
  }

  /** Ends expired sessions, and reopens those whose key was lost before it was stored. Returns how many ended. */
  async tidy(): Promise<number> {
    let ended = 0;
    for (const ownerId of await this.#connections.store.ask(ownersOfDueLinkSessions)) {
      const accounts = this.#of(ownerId);
      await accounts.ask(reopenLostSubmissions, notChecked);
      ended += await accounts.ask(expireLinkSessions);
    }
    return ended;
  }

  #of(ownerId: string): StoredAccounts {
    return this.#connections.store.ofOwner(ownerId);
  }

  async #check(
    { ownerId, label, replaces }: StoredLinkSession,
    submission: {
      readonly credentials: Credentials;
      readonly subAccount: string | null;
      readonly keyId: string;
    },
  ): Promise<LinkResult | FailedCheck> {
    const connections = connectionsOf(this.#connections, ownerId);
    const { accounts } = connections;
    const { keyId } = submission;
    try {
      const account = replaces === null ? null : await foundAccount(accounts, ownerId, replaces);
      const result = account
        ? await rotateKey(connections, { account, ...submission })
        : await linkKey(connections, { ownerId, label, wait: true, ...submission });
      const answer = answerOf(result);
      if (result.outcome === 'accepted') await accounts.ask(linkSubmission, keyId, answer, result.accountId as string);
      else if (result.outcome === 'refused') await accounts.ask(refuseSubmission, keyId, answer);
      else await accounts.ask(noteUndecided, keyId, answer);
      return result;
    } catch (error) {
      // A stored key is checked later, even if this process ends.
      await accounts
        .ask(noteUndecided, keyId, notChecked)
        .then(() => accounts.ask(reopenLostSubmissions, notChecked, keyId))
        .catch(() => undefined);
      return { outcome: 'failed', problems: [], reason: failureCode(error) };
    }
  }
}

/** The failure is ours or the exchange's, not the key's. */
const notChecked: LinkSessionAnswer = {
  outcome: 'undecided',
  alreadyLinked: false,
  readOnly: null,
  keyExpiresAt: null,
  problems: [{ code: 'timed-out' }],
};

function answerOf({ outcome, alreadyLinked, readOnly, keyExpiresAt, problems }: LinkResult): LinkSessionAnswer {
  return {
    outcome,
    alreadyLinked,
    readOnly,
    keyExpiresAt,
    problems: problems.map(({ code, stream }) => ({ code, ...(stream !== undefined && { stream }) })),
  };
}

/** Whether a session has its outcome. */
export function isFinished(state: LinkSessionState): state is LinkSessionOutcome {
  return state === 'linked' || state === 'exited' || state === 'expired';
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function addressOf(linkUrl: string | null): URL {
  if (linkUrl !== null && /^https?:\/\/[^/?#@]+\/?$/.test(linkUrl) && URL.canParse(linkUrl)) return new URL(linkUrl);
  throw new ClientError(
    'wrong-configuration',
    linkUrl === null ? 'It is not known where the link page is.' : 'The address of the link page must be an origin.',
    'Set LINK_URL (or `linkUrl` of the client) to the public address of `bitmart-sync serve`, such as https://link.example.com.',
  );
}

function assertAddress(name: string, text: string, isHttpsOnly: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const schemes = isHttpsOnly ? ['https:'] : ['https:', 'http:'];
  if (url && schemes.includes(url.protocol) && url.username === '' && url.password === '' && text.length <= 2_000) {
    return url;
  }
  throw wrongUsage(
    `${name} must be an ${isHttpsOnly ? 'https' : 'http or https'} address, not ${JSON.stringify(text)}.`,
  );
}

function wrongUsage(message: string): ClientError {
  return new ClientError('wrong-usage', message, 'docs/link-page.md lists what a link session takes.');
}
