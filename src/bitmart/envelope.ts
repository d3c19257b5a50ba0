import { ExchangeFailure, type FailureDetails, passesByItself } from '../history/failure.ts';
import { type ClampName, json, maxExchangeCode, tracePattern, waits } from './clamps.ts';
import { meaningOf } from './error-table.ts';
import { banWaitMs, throttledWaitMs } from './exchange-waits.ts';
import { jsonSizeOf } from './json-size.ts';

export interface HttpAnswer {
  /** The path that was requested. */
  readonly endpoint: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The context for reading an answer. */
export interface Opening {
  /** What was sent and must not appear in anything that is stored or shown. */
  readonly secrets: readonly string[];
  /** Called with everything that an answer exceeds. */
  readonly note: (clamp: ClampName) => void;
}

/** How long an answer was in a cache. If that is not in whole seconds it counts as cached: only fresh ones are evidence. */
export function ageSecondsOf({ headers }: HttpAnswer): number {
  const reported = headers.get('age');
  if (reported === undefined) return 0;
  return /^\d{1,9}$/.test(reported.trim()) ? Number(reported) : 1;
}

export interface Envelope {
  readonly trace: string | null;
  readonly data: unknown;
}

export const successCode = 1_000;
const successMessages = new Set(['ok', 'success']);
/** BitMart's keys have 40 characters, its secrets and signatures 64. Very short texts are mistyped, and in any answer. */
const minSecretLength = 8;

/**
 * The content of a successful answer. Everything else throws ExchangeFailure: errors in HTTP 200, HTML of the network edge, and
 * "code 1000, this service is down" (seen; see MAPPINGS.md).
 */
export function openEnvelope(answer: HttpAnswer, opening: Opening): Envelope {
  const parsed = parse(answer, opening);
  const code = codeOf(parsed.code);
  const trace = traceOf(parsed.trace, opening);
  if (code !== successCode || answer.status >= 400) {
    throw failureOf(answer, { ...meaningOf(answer.status, code), code, trace });
  }
  const message = textOf(parsed.message) ?? textOf(parsed.msg) ?? '';
  if (!successMessages.has(message.trim().toLowerCase())) {
    const away = { kind: 'transient', problem: 'exchange-unreachable' } as const;
    throw failureOf(answer, { ...away, code, trace, sentence: 'its message is not one of success' });
  }
  if (repeatsSecret(answer.text, opening)) {
    throw senseless(answer, 'it repeats the key or the signature of the request', trace);
  }
  return { trace, data: parsed.data };
}

/**
 * The data of the one endpoint whose envelope has `success` and `msg`, and whose success code is not documented; null for every
 * answer without success. Throws ExchangeFailure only for failures that may pass: limits, 5xx, web pages, broken JSON.
 */
export function openLooseEnvelope(answer: HttpAnswer, opening: Opening): Record<string, unknown> | null {
  // The account's own id may be a number beyond 2^53: two accounts must not become one by rounding.
  const reported = parse(answer, opening, keepNumbersAsText);
  const code = codeOf(reported.code);
  const meaning = meaningOf(answer.status, code);
  const isKnownError = code !== null && meaning.kind !== 'unexpected';
  if (answer.status < 400 && reported.success !== false && !isKnownError) {
    return typeof reported.data === 'object' ? (reported.data as Record<string, unknown> | null) : null;
  }
  if (meaning.kind === 'clock' || !passesByItself(meaning.kind)) return null;
  throw failureOf(answer, { ...meaning, code, trace: traceOf(reported.trace, opening) });
}

/** The failure of an answer that reports success but makes no sense. */
export function senseless(
  { endpoint, status }: Pick<HttpAnswer, 'endpoint' | 'status'>,
  sentence: string,
  trace: string | null = null,
): ExchangeFailure {
  const reported = { kind: 'unexpected', problem: 'unexpected-answer', code: null, trace, mayPass: true } as const;
  return failureOf({ endpoint, status, headers: noHeaders }, { ...reported, sentence });
}

const noHeaders: HttpAnswer['headers'] = new Map();

type Reviver = (this: unknown, name: string, value: unknown, context?: { source?: string }) => unknown;

export const keepNumbersAsText: Reviver = (_name, value, context) =>
  typeof value === 'number' ? (context?.source ?? String(value)) : value;

/** The answer's object. An answer that is too large to be parsed quickly is not parsed at all. */
function parse(answer: HttpAnswer, opening: Opening, reviver?: Reviver): Record<string, unknown> {
  requireSize(answer, opening, reviver === undefined ? json.maxDepth : json.maxRowDepth);
  try {
    const parsed: unknown = JSON.parse(answer.text, reviver);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Reported below, without quoting the answer.
  }
  const html = /^\s*</.test(answer.text);
  const sentence = html ? 'the network edge answers with a web page' : 'the answer is not complete JSON';
  const meaning = meaningOf(answer.status, null);
  // An answer that is not BitMart's JSON is not BitMart's judgement about the request.
  const isJudgement = meaning.problem === 'unexpected-answer';
  throw failureOf(answer, {
    kind: isJudgement ? 'transient' : meaning.kind,
    problem: 'exchange-unreachable',
    code: null,
    trace: null,
    sentence,
  });
}

function requireSize(answer: HttpAnswer, { note }: Opening, maxDepth: number): void {
  const { depth, values } = jsonSizeOf(answer.bytes);
  // The row that is too deep is quarantined; the others are read.
  if (depth > json.maxRowDepth) note('depth');
  if (depth > maxDepth) throw senseless(answer, `it is nested more than ${maxDepth} levels deep`);
  if (values <= json.maxValues) return;
  note('values');
  throw senseless(answer, `it has more than ${json.maxValues} values`);
}

/** The failure of an answer. Holds only our own text: the endpoint, numbers, and a sentence of this program. */
export function failureOf(
  { endpoint, status, headers }: Pick<HttpAnswer, 'endpoint' | 'status' | 'headers'>,
  { code, sentence, ...reported }: ReportedFailure,
): ExchangeFailure {
  const { kind, facts } = reported;
  const codeText = code === null ? '' : `, code ${code}`;
  const said = sentence ?? (facts?.isEndpointWithdrawn ? 'it was withdrawn' : sentences[kind]);
  return new ExchangeFailure({
    ...reported,
    message: `BitMart ${endpoint} answered HTTP ${status}${codeText}: ${said}`,
    httpStatus: status,
    exchangeCode: code,
    endpoint,
    retryAfterMs: retryAfterMs(headers, kind),
  });
}

type ReportedFailure = Pick<FailureDetails, 'kind' | 'problem' | 'trace' | 'facts' | 'mayPass'> & {
  readonly code: number | null;
  /** @default what the kind means */
  readonly sentence?: string;
};

/** The failure of a request that got no whole answer. */
export function noAnswer(endpoint: string, words: string): ExchangeFailure {
  return new ExchangeFailure({
    kind: 'transient',
    problem: 'exchange-unreachable',
    message: `BitMart ${endpoint} ${words}`,
    httpStatus: null,
    exchangeCode: null,
    endpoint,
    retryAfterMs: null,
    trace: null,
  });
}

const sentences: Readonly<Record<FailureDetails['kind'], string>> = {
  transient: 'it can not answer now',
  throttled: 'too many requests',
  banned: 'our address is banned for a time',
  maintenance: 'it is under maintenance',
  'refused-key': 'the key is refused',
  'refused-stream': 'the key may not read this',
  'not-opened': 'there is no such account',
  'beyond-reach': 'the window is older than what it serves',
  clock: "the request's time is refused",
  'unknown-symbol': 'the symbol is not known',
  unexpected: 'the request is refused for a reason that we do not know',
};

function retryAfterMs(headers: HttpAnswer['headers'], kind: FailureDetails['kind']): number | null {
  if (kind === 'banned') return banWaitMs(headers);
  if (kind === 'maintenance') return waits.maintenanceMs;
  return kind === 'throttled' ? throttledWaitMs(headers) : null;
}

function codeOf(value: unknown): number | null {
  const code = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value;
  return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= maxExchangeCode ? code : null;
}

/** A trace id is shown and stored, so it must look like one: the exchange may put anything there. "N/A" is none. */
function traceOf(value: unknown, opening: Opening): string | null {
  if (typeof value !== 'string' || value === '' || value === 'N/A') return null;
  if (tracePattern.test(value) && !repeatsSecret(value, opening)) return value;
  opening.note('text');
  return null;
}

function repeatsSecret(text: string, { secrets }: Opening): boolean {
  return secrets.some((secret) => secret.length >= minSecretLength && text.includes(secret));
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
