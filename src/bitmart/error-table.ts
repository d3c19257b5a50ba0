import type { FailureKind, ProblemCode } from '../history/failure.ts';
import type { ProblemFacts } from '../history/problem-texts.ts';

export interface Meaning {
  readonly kind: FailureKind;
  readonly problem: ProblemCode | null;
  readonly facts?: ProblemFacts;
}

const meaning = (kind: FailureKind, problem: ProblemCode | null = null): Meaning => ({ kind, problem });

const transient = meaning('transient', 'exchange-unreachable');
const badRequest = meaning('unexpected', 'unexpected-answer');
const restricted = meaning('refused-key', 'account-restricted');
const noRight = meaning('refused-stream', 'no-permission');
const notOpened = meaning('not-opened');

/** BitMart's error codes, as in its tables of 2025 and 2026 and in captured answers; see MAPPINGS.md for the conflicts among them. */
const byCode: ReadonlyMap<number, Meaning> = new Map(
  Object.entries({
    30001: badRequest,
    30002: meaning('refused-key', 'wrong-key'),
    30003: meaning('refused-key', 'key-frozen'),
    30004: badRequest,
    30005: meaning('refused-key', 'wrong-secret-or-memo'),
    30006: badRequest,
    30007: meaning('clock', 'clock'),
    30008: badRequest,
    30010: meaning('refused-key', 'ip-not-allowed'),
    30011: meaning('refused-key', 'key-expired'),
    30012: noRight,
    30013: meaning('throttled', 'exchange-unreachable'),
    30014: transient,
    30016: meaning('maintenance', 'exchange-unreachable'),
    30017: meaning('banned', 'exchange-unreachable'),
    30018: badRequest,
    30019: noRight,
    30030: meaning('unexpected', 'unexpected-answer'),
    30031: meaning('unexpected', 'unexpected-answer'),
    40001: notOpened,
    40006: meaning('refused-key', 'ip-not-allowed'),
    40012: transient,
    40013: meaning('throttled', 'exchange-unreachable'),
    40020: transient,
    25601: transient,
    40046: notOpened,
    40047: restricted,
    50022: transient,
    50041: meaning('beyond-reach'),
    51001: notOpened,
    51002: notOpened,
    51003: restricted,
    51008: transient,
    53000: restricted,
    53001: restricted,
    53002: restricted,
    53003: noRight,
    53005: noRight,
    53006: restricted,
    53007: restricted,
    53008: restricted,
    53009: restricted,
    53011: restricted,
    59001: restricted,
    59002: transient,
    59003: transient,
    59004: transient,
    59005: transient,
    59007: transient,
    59011: transient,
    60026: { ...noRight, facts: { notForSubAccounts: true } },
    60028: restricted,
    60029: restricted,
    60050: restricted,
    60051: transient,
    60052: transient,
    60057: restricted,
    60061: noRight,
    60062: noRight,
    60063: restricted,
    60066: meaning('beyond-reach'),
    61003: noRight,
    61006: noRight,
    70003: transient,
  } satisfies Record<string, Meaning>).map(([code, what]) => [Number(code), what]),
);

/** What an answer that is no success means. An unknown code is judged by the class of its HTTP status. */
export function meaningOf(httpStatus: number, code: number | null): Meaning {
  const known = code === null ? undefined : byCode.get(code);
  if (known) return known;
  if (httpStatus === 418) return meaning('banned', 'exchange-unreachable');
  if (httpStatus === 429) return meaning('throttled', 'exchange-unreachable');
  if (httpStatus >= 500) return transient;
  // Without one of its own codes, a 401 or 403 is the network edge speaking: never the key's fault.
  if (code === null) return transient;
  return badRequest;
}
