import type { Answer, Endpoint } from './call.ts';
import type { FaultOptions } from './faults.ts';
import { headersOf } from './rate-limits.ts';
import { bodyOf } from './refusal.ts';

/** The answer that a fault gives in place of the right one; null when it only spoils the right one. */
export function faultAnswer(options: FaultOptions, endpoint: Endpoint | undefined): Answer | null {
  const { retryAfterSeconds } = options;
  const wait: Record<string, string> = retryAfterSeconds === undefined ? {} : { 'Retry-After': `${retryAfterSeconds}` };
  switch (options.fault) {
    case 'cloudflare-403':
      return webPage(403, 'Attention Required! | Cloudflare', 'Sorry, you have been blocked. Error 1010');
    case 'cloudflare-503':
      return webPage(503, 'Just a moment...', 'Checking your browser before accessing api-cloud.bitmart.com.');
    case 'rate-limited': {
      const reported = endpoint ? headersOf(endpoint, endpoint.limit.calls + 1) : {};
      return json(429, bodyOf(30013, 'Request too many requests'), { ...reported, ...wait });
    }
    case 'banned':
      return json(418, bodyOf(30017, 'IP is banned'), { 'Retry-After': '600', ...wait });
    case 'server-error':
      return serverError(options.httpStatus ?? 503);
    case 'maintenance':
      return json(200, bodyOf(30016, 'Service maintenance'));
    case 'service-down':
      return json(200, { errno: 'OK', message: 'This service is down', code: 1000, data: {} });
    case 'error-in-200':
      return json(200, bodyOf(options.code ?? 70003, 'Internal error'));
    case 'error':
      return errorAnswer(options.httpStatus ?? 400, options.code === undefined ? 50000 : options.code);
    case 'instead':
      return { httpStatus: 200, code: null, headers: {}, text: JSON.stringify(options.body ?? {}), rows: 0 };
    default:
      return null;
  }
}

/** The answer, ended in the middle. */
export function truncated(answer: Answer): Answer {
  return { ...answer, text: answer.text.slice(0, Math.ceil(answer.text.length * 0.6)), rows: 0 };
}

function serverError(httpStatus: number): Answer {
  const code = httpStatus === 503 ? 30014 : 60051;
  return json(httpStatus, bodyOf(code, 'Service Unavailable. Connection refused'));
}

const withdrawnCodes = [30030, 30031];

function errorAnswer(httpStatus: number, code: number | null): Answer {
  // As seen of a path that BitMart does not know.
  if (code === null) return { httpStatus, code, headers: {}, text: JSON.stringify({ msg: 'Not found' }), rows: 0 };
  // As captured of an endpoint that is withdrawn.
  if (withdrawnCodes.includes(code)) return json(httpStatus, { msg: 'This endpoint has been deprecated.', code });
  return json(httpStatus, bodyOf(code, 'Refused'));
}

function json(
  httpStatus: number,
  body: { readonly code: number; readonly [field: string]: unknown },
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const text = JSON.stringify(body);
  return { httpStatus, code: body.code, headers, text, rows: 0 };
}

function webPage(httpStatus: number, title: string, words: string): Answer {
  const headers = {
    'Content-Type': 'text/html; charset=UTF-8',
    'CF-RAY': '8f0c2b7d3e1a4c55-TPE',
    Server: 'cloudflare',
  };
  const text = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${words}</h1></body></html>\n`;
  return { httpStatus, code: null, headers, text, rows: 0 };
}
