/**
 * Why a row is quarantined: a code, and what it concerns (a field, a part), as `not-a-decimal:size`. Rows are stored and
 * identified by it, so a code never changes; its text may.
 */
export type QuarantineReason = string;

export type QuarantineCode = keyof typeof reasons;

interface Reason {
  readonly words: (about: string) => string;
  /**
   * The sentence under which versions up to 0.2 stored such a row, and which its id is still made of, so that a row that is
   * served again is not stored twice. Never change it. Later codes have none.
   */
  readonly formerly?: (about: string) => string;
}

const reasons = {
  'not-an-object': { words: () => 'the row: expected an object', formerly: () => 'the row is no object' },
  'too-large': {
    words: () => 'the row: expected fewer characters, or fewer levels',
  },
  'not-an-id': {
    words: (field) => `\`${field}\`: expected a non-empty id`,
    formerly: (field) => `${field} is no id`,
  },
  'not-a-text': { words: (field) => `\`${field}\`: expected a text`, formerly: (field) => `${field} is no text` },
  'not-a-decimal': {
    words: (field) => `\`${field}\`: expected a decimal number`,
    formerly: (field) => `${field} is no decimal number`,
  },
  'not-a-time': {
    words: (field) => `\`${field}\`: expected a time in milliseconds`,
    formerly: (field) => `${field} is no time in milliseconds`,
  },
  'unknown-value': {
    words: (field) => `\`${field}\`: expected one of the values that BitMart documents`,
    formerly: (field) => `${field} has an unknown value`,
  },
  'other-operation': {
    words: (operation) => `\`operation_type\`: expected ${operation}`,
    formerly: (operation) => `operation_type is not ${operation}`,
  },
  'other-part': {
    words: (part) => `it belongs to the part "${part}", which was not asked for`,
    formerly: (part) => `belongs to the part "${part}", which was not asked for`,
  },
  'identity-conflict': {
    words: () => 'it has the identity of a record with another time, side, price or size',
    formerly: () => 'has the identity of a record with another time, side, price or size',
  },
} as const satisfies Readonly<Record<string, Reason>>;

export function quarantineReason(code: QuarantineCode, about?: string): QuarantineReason {
  return about === undefined ? code : `${code}:${about}`;
}

/** The text from which a quarantined row's id is made. */
export function identityOfReason(reason: QuarantineReason): string {
  const [code, about] = partsOf(reason);
  const known: Reason | undefined = reasons[code as QuarantineCode];
  return known?.formerly?.(about) ?? reason;
}

/** Describes a stored reason, whichever version stored it. */
export function describeQuarantine(reason: QuarantineReason): { readonly code: string; readonly reason: string } {
  const [code, about] = partsOf(reason);
  const known: Reason | undefined = reasons[code as QuarantineCode];
  if (known !== undefined) return { code, reason: known.words(about) };
  for (const [name, { words, formerly }] of Object.entries<Reason>(reasons)) {
    const formerAbout = formerly ? aboutIn(reason, formerly) : null;
    if (formerAbout !== null) return { code: name, reason: words(formerAbout) };
  }
  return { code: 'other', reason };
}

function partsOf(reason: QuarantineReason): readonly [code: string, about: string] {
  const at = reason.indexOf(':');
  return at < 0 ? [reason, ''] : [reason.slice(0, at), reason.slice(at + 1)];
}

/** The field or part that a former sentence names; null for another sentence. */
function aboutIn(sentence: string, formerly: (about: string) => string): string | null {
  const gap = '\u0000';
  const [head = '', tail] = formerly(gap).split(gap);
  if (tail === undefined) return sentence === head ? '' : null;
  const isIt = sentence.length > head.length + tail.length && sentence.startsWith(head) && sentence.endsWith(tail);
  return isIt ? sentence.slice(head.length, sentence.length - tail.length) : null;
}
