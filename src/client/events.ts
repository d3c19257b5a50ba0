import type { GapReason, ProblemCode } from '../answers/index.ts';
import { type BalanceAlarm, type EventKind, readEvents, type StoredEvent } from '../database/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type Cursor, cursorOf, numberIn, ofCursor, positionIn } from './cursor.ts';
import { limitOf } from './question.ts';
import type { StreamName } from './record-types.ts';
import type { StoredAccounts } from './stored-accounts.ts';

export interface EventsOptions extends Abortable {
  /** Only of this account. @default all accounts of the owner */
  readonly accountId?: string | null | undefined;
  /** `next` of the previous page. Left out, null or 0: from the first event of each account. */
  readonly after?: Cursor;
  /** 1 to 1000. @default 500 */
  readonly limit?: number | null | undefined;
}

export interface EventDetails {
  readonly linked: Nothing;
  readonly backfilled: Nothing;
  /** A sync has stored new or changed records: continue reading `changes`. Counts per stream since the previous such event. */
  readonly 'records-changed': { readonly streams: readonly ChangedStream[] };
  /** The codes of its problems; `status` has their texts. */
  readonly 'needs-attention': { readonly problems: readonly ProblemCode[] };
  readonly recovered: Nothing;
  /** `pausedSince`: it has been paused for more than a day. */
  readonly 'at-risk': { readonly historyAtRiskAt: string | null; readonly pausedSince?: string };
  readonly 'gap-opened': EventGap;
  readonly 'gap-closed': EventGap;
  /** Settled records do not explain how a balance changed between two snapshots; `reconcile` has the amounts. */
  readonly 'balance-unexplained': BalanceAlarm;
  readonly 'key-expires-soon': { readonly keyExpiresAt: string };
  readonly closed: Nothing;
  readonly unlinked: Nothing;
  readonly 'link-session-ended': {
    readonly sessionId: string;
    readonly outcome: 'linked' | 'exited' | 'expired';
    readonly accountId: string | null;
  };
  /** The receipt of `unlink` with `erase`: how many rows were deleted, by table. Kept for 30 days. */
  readonly erased: { readonly rows: Readonly<Record<string, number>> };
}

type Nothing = Readonly<Record<string, never>>;

export interface ChangedStream {
  readonly stream: StreamName;
  readonly inserted: number;
  readonly changed: number;
}

export interface EventGap {
  readonly stream: StreamName;
  readonly part: string;
  readonly reason: GapReason;
  readonly from: string;
  readonly to: string;
}

interface EventOf<Kind extends EventKind> {
  readonly ownerId: string;
  /** Null for a session of the connection page that ended without an account. */
  readonly accountId: string | null;
  /**
   * 1, 2, 3, … for each account. Increasing, but not without gaps, for an owner's sessions and receipts, and where an old
   * `records-changed` was dropped.
   */
  readonly eventId: number;
  readonly kind: Kind;
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly details: EventDetails[Kind];
}

/** Something that happened to an account; `kind` determines the type of `details`. Holds no amount and no secret. */
export type AccountEvent = { readonly [Kind in EventKind]: EventOf<Kind> }[EventKind];

export interface EventPage {
  readonly events: readonly AccountEvent[];
  /** Where to continue; unchanged while nothing new has happened. Store it, and ask again from there. */
  readonly next: string;
  /** More can be read at once. */
  readonly more: boolean;
}

export async function eventPage(accounts: StoredAccounts, ownerId: string, options: EventsOptions): Promise<EventPage> {
  const accountId = options.accountId ?? null;
  const question = ['events', ownerId, accountId ?? ''];
  const limit = limitOf(options.limit);
  const start = positionIn(options.after, question, null);
  const after = seenIn(start ?? []);
  const found = await abortable(options.signal, () =>
    accounts.ask(readEvents, { ownerId, accountId, after, limit: limit + 1 }),
  ).catch(ofCursor(start));
  const events = found.slice(0, limit);
  const seen = new Map(after);
  for (const event of events) seen.set(event.life, event.eventId);
  const position = [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([life, eventId]) => [life, String(eventId)]);
  return {
    events: events.map((event) => eventOf(ownerId, event)),
    next: cursorOf(question, position),
    more: found.length > limit,
  };
}

/** The last event seen, by account: each account numbers its own events, and one that is linked later begins at its first. */
function seenIn(position: readonly string[]): Map<string, number> {
  const seen = new Map<string, number>();
  for (let i = 0; i < position.length; i += 2) seen.set(position[i] as string, numberIn(position[i + 1]));
  return seen;
}

function eventOf(ownerId: string, { accountId, eventId, kind, at, details }: StoredEvent): AccountEvent {
  // Migrations and `noteEvent` write the details of each kind.
  return { ownerId, accountId, eventId, kind, at: at.toISOString(), details } as unknown as AccountEvent;
}
