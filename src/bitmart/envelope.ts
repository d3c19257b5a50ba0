import { ExchangeFailure, type FailureDetails } from '../history/failure.ts';
import { meaningOf } from './error-table.ts';
import { banWaitMs, maintenanceWaitMs, throttledWaitMs } from './exchange-waits.ts';

/** An answer as it came over the wire. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** How long an answer lay in a cache. One that does not say so in whole seconds counts as cached, because only a fresh one is evidence. */
export function ageSecondsOf({ headers }: HttpAnswer): number {
  const told = headers.get('age');
  if (told === undefined) return 0;
  return /^\d{1,9}$/.test(told.trim()) ? Number(told) : 1;
}

export interface Envelope {
  readonly trace: string | null;
  readonly data: unknown;
}

const successCode = 1000;
const successMessages = new Set(['ok', 'success']);

/**
 * The content of a successful answer. Everything else throws ExchangeFailure: errors in HTTP 200, HTML of the network edge,
 * and "code 1000, this service is down" (seen; see MAPPINGS.md) alike.
 */
export function openEnvelope(answer: HttpAnswer, endpoint: string): Envelope {
  const parsed = parse(answer, endpoint);
  const code = numberOf(parsed.code);
  const words = textOf(parsed.message) ?? textOf(parsed.msg) ?? '';
  const trace = textOf(parsed.trace);
  if (code === successCode && answer.status < 400) {
    if (successMessages.has(words.trim().toLowerCase())) return { trace, data: parsed.data };
    throw failure(answer, endpoint, { kind: 'transient', problem: 'exchange-unreachable', code, words, trace });
  }
  const meaning = meaningOf(answer.status, code);
  throw failure(answer, endpoint, { ...meaning, code, words, trace });
}

/**
 * The data of the one endpoint whose envelope says `success` and `msg`, and whose code of success is not documented; null for
 * whatever is no success. Throws ExchangeFailure only for what may pass: limits, 5xx, web pages, broken JSON.
 */
export function openLooseEnvelope(answer: HttpAnswer, endpoint: string): Record<string, unknown> | null {
  const told = parse(answer, endpoint);
  const code = numberOf(told.code);
  const meaning = meaningOf(answer.status, code);
  const isKnownError = code !== null && meaning.kind !== 'unexpected';
  if (answer.status < 400 && told.success !== false && !isKnownError) {
    return typeof told.data === 'object' ? (told.data as Record<string, unknown> | null) : null;
  }
  if (!mayPass.has(meaning.kind)) return null;
  const words = textOf(told.msg) ?? textOf(told.message) ?? '';
  throw failure(answer, endpoint, { ...meaning, code, words, trace: textOf(told.trace) });
}

/** What a later moment may cure, whatever was asked for. */
export const mayPass: ReadonlySet<FailureDetails['kind']> = new Set([
  'transient',
  'throttled',
  'banned',
  'maintenance',
]);

function parse(answer: HttpAnswer, endpoint: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(answer.text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Said below, without quoting what came.
  }
  const html = /^\s*</.test(answer.text);
  const words = html ? 'the network edge answers with a web page' : 'the answer is no complete JSON';
  const meaning = meaningOf(answer.status, null);
  // What is not BitMart's JSON is not BitMart's word about the request.
  const isJudgement = meaning.problem === 'unexpected-answer';
  throw failure(answer, endpoint, {
    kind: isJudgement ? 'transient' : meaning.kind,
    problem: 'exchange-unreachable',
    code: null,
    words,
    trace: null,
  });
}

function failure(
  answer: HttpAnswer,
  endpoint: string,
  told: Pick<FailureDetails, 'kind' | 'problem' | 'trace' | 'facts'> & { code: number | null; words: string },
): ExchangeFailure {
  const codeText = told.code === null ? '' : `, code ${told.code}`;
  const words = told.words === '' ? '' : `: ${told.words.slice(0, 200)}`;
  return new ExchangeFailure({
    kind: told.kind,
    problem: told.problem,
    message: `BitMart ${endpoint} answered HTTP ${answer.status}${codeText}${words}`,
    httpStatus: answer.status,
    exchangeCode: told.code,
    endpoint,
    retryAfterMs: retryAfterMs(answer, told.kind),
    trace: told.trace,
    ...(told.facts && { facts: told.facts }),
  });
}

function retryAfterMs({ headers }: HttpAnswer, kind: FailureDetails['kind']): number | null {
  if (kind === 'banned') return banWaitMs(headers);
  if (kind === 'maintenance') return maintenanceWaitMs;
  return kind === 'throttled' ? throttledWaitMs(headers) : null;
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
