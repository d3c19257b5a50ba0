import {
  ExchangeFailure,
  type FailureDetails,
  type FailureKind,
  type ProblemCode,
  type ProblemFacts,
} from '../history/failure.ts';
import { type Stream, unknownRight } from '../history/stream.ts';

export interface Meaning {
  readonly kind: FailureKind;
  readonly problem: ProblemCode | null;
  readonly facts?: ProblemFacts;
}

const meaning = (kind: FailureKind, problem: ProblemCode | null = null): Meaning => ({ kind, problem });

const transient = meaning('transient', 'exchange-unreachable');
const throttled = meaning('throttled', 'exchange-unreachable');
const banned = meaning('banned', 'exchange-unreachable');
const badRequest = meaning('unexpected', 'unexpected-answer');
/** Makes no sense, but may pass; after all tries it is `unexpected` (see tries.ts). */
const senseless = meaning('transient', 'unexpected-answer');
const unknownSymbol = meaning('unknown-symbol', 'unexpected-answer');
const restricted = meaning('refused-key', 'account-restricted');
const noRight = meaning('refused-stream', 'no-permission');
const notOpened = meaning('not-opened');
const beyondReach = meaning('beyond-reach');

/** BitMart's error codes, from its tables of 2025 and 2026 and captured answers; MAPPINGS.md has the conflicts. */
const codes: readonly (readonly [Meaning, readonly number[]])[] = [
  // The gateway.
  [badRequest, [30000, 30001, 30004, 30006, 30008, 30018]],
  [meaning('refused-key', 'wrong-key'), [30002]],
  [meaning('refused-key', 'key-frozen'), [30003]],
  [meaning('refused-key', 'wrong-secret-or-memo'), [30005]],
  [meaning('clock', 'clock'), [30007]],
  [meaning('refused-key', 'ip-not-allowed'), [30010]],
  [meaning('refused-key', 'key-expired'), [30011]],
  [noRight, [30012, 30019]],
  [throttled, [30013]],
  [transient, [30014]],
  [meaning('maintenance', 'exchange-unreachable'), [30016]],
  [banned, [30017]],
  [{ ...meaning('refused-stream', 'exchange-closed'), facts: { isEndpointWithdrawn: true } }, [30030, 30031]],
  // Account, funding, sub-accounts. 60010: no such id; we never ask by one.
  [badRequest, [60000, 60001, 60003, 60004, 60005, 60006, 60007, 60008, 60009, 60010, 60011, 60012]],
  [badRequest, [60020, 60021, 60022, 60027, 60030, 60031, 60067, 61001, 61004, 61005, 61007, 61008]],
  [unknownSymbol, [60002]],
  [{ ...noRight, facts: { notForSubAccounts: true } }, [60026]],
  [restricted, [60028, 60029, 60050, 60057, 60063]],
  [transient, [60051, 60052]],
  [noRight, [60061, 60062, 61003, 61006]],
  [beyondReach, [60066]],
  // Spot and margin. 50005: no such order; 70000: no public data. We ask for neither.
  [badRequest, [50000, 50002, 50003, 50005, 50013, 50014, 50015, 50016, 50017, 50018, 50019, 50021, 50028]],
  [badRequest, [51007, 52000, 52001, 52002, 52003, 52004, 57001, 58001]],
  [badRequest, [70000, 70001, 70002, 71001, 71002, 71003, 71004, 71005]],
  [unknownSymbol, [50001, 50040]],
  [transient, [50022, 51008, 59002, 59003, 59004, 59005, 59007, 59011, 70003]],
  [beyondReach, [50041]],
  [notOpened, [51001, 51002]],
  [restricted, [51003, 51024, 53000, 53001, 53002, 53006, 53007, 53008, 53009, 53011, 59001]],
  [noRight, [53003, 53005]],
  // Futures. 40035, 40037: no such order.
  [notOpened, [40001, 40046]],
  [meaning('refused-key', 'ip-not-allowed'), [40006]],
  [badRequest, [40007, 40008, 40011, 40035, 40037, 40039, 42000, 49998]],
  [senseless, [40012]],
  [throttled, [40013]],
  [unknownSymbol, [40014, 40015, 40034]],
  [transient, [40020, 25601]],
  [restricted, [40047]],
];

const byCode: ReadonlyMap<number, Meaning> = new Map(
  codes.flatMap(([what, ofCodes]) => ofCodes.map((code) => [code, what] as const)),
);

/** The meaning of an answer without success. An unknown code is judged by the class of its HTTP status. */
export function meaningOf(httpStatus: number, code: number | null): Meaning {
  const known = code === null ? undefined : byCode.get(code);
  // Whatever the code: more requests after these two cause a ban, or a longer one.
  if (httpStatus === 418) return banned;
  if (httpStatus === 429) return known === banned ? banned : throttled;
  if (known) return known;
  if (httpStatus >= 500) return transient;
  if (code !== null) return badRequest;
  if (httpStatus < 300) return senseless;
  // Without one of BitMart's own codes, a 401 or 403 comes from the network edge: never the key's fault.
  return notOfTheEdge.has(httpStatus) ? badRequest : transient;
}

/** Parameters, path, method, media type: BitMart answers an unknown path with `msg` alone. */
const notOfTheEdge: ReadonlySet<number> = new Set([400, 404, 405, 415]);

/**
 * What a failure may mean for its whole stream. A removed endpoint counts as a refusal, and so may any answer of an endpoint
 * that was never seen to answer. It may still concern a single window only.
 */
export function ofWholeStream(
  failure: ExchangeFailure,
  { right, pairsOf }: Pick<Stream, 'right' | 'pairsOf'>,
): ExchangeFailure {
  const { details } = failure;
  if (details.concernsNoWindow) return failure;
  // As seen of a removed path: `msg` without a code, or a web page. With a code of its own, BitMart answers the request.
  const isPathRemoved = isPathGone(details) && details.exchangeCode === null;
  if (isPathRemoved || details.facts?.isEndpointWithdrawn)
    return new ExchangeFailure({ ...details, isRefusalOfAll: 'withdrawn' });
  const mayRefuse =
    (details.kind === 'unexpected' &&
      (right === unknownRight || (right !== undefined && details.httpStatus === 404))) ||
    // The part's only pair is delisted.
    (details.kind === 'unknown-symbol' && pairsOf !== undefined);
  return mayRefuse ? new ExchangeFailure({ ...details, isRefusalOfAll: true }) : failure;
}

/**
 * Whether the endpoint was removed, with BitMart's own code for that (30030, 30031) or as an unknown path. Such an answer is the
 * same for every key and every window. BitMart winds down, so each endpoint may go before the others do.
 */
export function isEndpointGone(answer: Pick<FailureDetails, 'httpStatus' | 'exchangeCode'> | null): boolean {
  if (answer === null || answer.httpStatus === null) return false;
  return isPathGone(answer) || meaningOf(answer.httpStatus, answer.exchangeCode).facts?.isEndpointWithdrawn === true;
}

/** HTTP 404 and 410, whoever answers: BitMart, or the network edge with a web page. */
function isPathGone({ httpStatus }: Pick<FailureDetails, 'httpStatus'>): boolean {
  return httpStatus === 404 || httpStatus === 410;
}
