import { type Account, loadParts, type StoredKey } from '../database/index.ts';
import type { Problem } from '../history/failure.ts';
import { streamsOf } from '../history/parts.ts';
import type { KeyReport } from '../history/ports.ts';
import type { KeyCheckResult } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { streamGroupsOf } from './stream-order.ts';

export interface ResultParts {
  readonly outcome: KeyCheckResult['outcome'];
  readonly report?: KeyReport;
  readonly problems?: readonly Problem[];
  readonly status?: KeyCheckResult['status'];
  readonly alreadyLinked?: boolean;
  /** When another look is due; without it the workflow decides. */
  readonly lookAgainMs?: number;
  /** Where it was asked for already. */
  readonly everythingReadThrough?: boolean;
}

/** The result of a key check, for the workflow and for the caller who waits for it. */
export async function keyCheckResult(
  dependencies: Dependencies,
  account: Account,
  stored: StoredKey | null,
  parts: ResultParts,
): Promise<KeyCheckResult> {
  const { report } = parts;
  return {
    outcome: parts.outcome,
    subject: stored?.state === 'active' ? 'key-in-use' : 'candidate',
    keyId: stored?.keyId ?? null,
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
    lanes: streamGroupsOf(dependencies.exchange.streams),
    everythingReadThrough: parts.everythingReadThrough ?? (await readThrough(dependencies, account.accountId)),
    accountCreatedAt: account.createdAt.toISOString(),
    ...(parts.lookAgainMs !== undefined && { lookAgainMs: parts.lookAgainMs }),
  };
}

/** Whether every part of every stream was read to its end once. */
export async function readThrough({ database, exchange }: Dependencies, accountId: string): Promise<boolean> {
  const parts = await loadParts(database, accountId);
  const finished = parts.filter((part) => part.state.readThrough).map((part) => `${part.stream}/${part.part}`);
  return streamsOf(exchange.streams, parts).every((stream) =>
    stream.parts.every((part) => finished.includes(`${stream.name}/${part}`)),
  );
}

export function gone(accountId: string): KeyCheckResult {
  return {
    outcome: 'gone',
    subject: 'candidate',
    keyId: null,
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
