import { ExchangeFailure } from '../history/failure.ts';
import { ageSecondsOf, type Envelope, failureOf, type HttpAnswer, type Opening, openEnvelope } from './envelope.ts';
import { isEndpointGone } from './error-table.ts';
import type { BitmartRequest } from './transport.ts';

/** Both hosts answer it. */
export const timeRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/system/time',
  callsIn2Seconds: 20,
  level: 'none',
  parameters: {},
};

export interface SystemTime {
  readonly serverMs: number;
  readonly trace: string | null;
}

/** The time in an answer of `/system/time`. Throws ExchangeFailure if it has none, or comes from a cache. */
export function openTime(answer: HttpAnswer, opening: Opening): SystemTime {
  const { data, trace } = openDated(answer, opening);
  const reported = (data as { server_time?: unknown } | null)?.server_time;
  const serverMs = typeof reported === 'string' && /^\d+$/.test(reported) ? Number(reported) : reported;
  const no = (sentence: string) =>
    failureOf(answer, { kind: 'transient', problem: 'unexpected-answer', code: null, trace, sentence });
  if (typeof serverMs !== 'number' || !Number.isSafeInteger(serverMs)) throw no('no server_time in milliseconds');
  if (ageSecondsOf(answer) > 0) throw no('it comes from a cache');
  return { serverMs, trace };
}

/**
 * Once BitMart has removed that endpoint, the answer's `Date` is the time (RFC 9110, whole seconds, so that we are late and
 * never early): otherwise no stream could be read any more, although all of them are there.
 */
function openDated(answer: HttpAnswer, opening: Opening): Envelope {
  try {
    return openEnvelope(answer, opening);
  } catch (error) {
    const dateMs = Date.parse(answer.headers.get('date') ?? '');
    if (!(error instanceof ExchangeFailure) || !isEndpointGone(error.details) || Number.isNaN(dateMs)) throw error;
    return { data: { server_time: dateMs }, trace: error.details.trace };
  }
}
