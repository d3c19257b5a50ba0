import type { HttpAnswer } from './envelope.ts';

/** The exchange's own message, only for a log of level debug: nothing that a user or an operator reads quotes it. */
export interface ExchangeWords {
  readonly endpoint: string;
  readonly httpStatus: number;
  readonly words: string;
}

const maxLength = 200;

/** The message without anything that looks like a header, a key or a signature, or that we sent. */
export function exchangeWordsOf({ endpoint, status, text }: HttpAnswer, secrets: readonly string[]): ExchangeWords {
  return { endpoint, httpStatus: status, words: redacted(messageIn(text), secrets) };
}

function messageIn(text: string): string {
  const found = /"(?:message|msg)"\s*:\s*("(?:[^"\\]|\\.){0,1000}")/.exec(text.slice(0, 16_384))?.[1];
  try {
    return found === undefined ? '' : String(JSON.parse(found));
  } catch {
    return '';
  }
}

export function redacted(words: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= 4);
  return known
    .reduce((left, secret) => left.replaceAll(secret, removed), words)
    .replace(/\b[\w]+(?:-[\w]+)+\s*[:=]\s*\S+/g, removed)
    .replace(/\b(?:authorization|cookie|secret|memo|sign|signature|key)\s*[:=]\s*\S+/gi, removed)
    .replace(/[A-Za-z0-9+/=_-]{16,}/g, removed)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '·')
    .slice(0, maxLength);
}

const removed = '[removed]';
