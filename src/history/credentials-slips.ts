export interface KeyTexts {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
}

interface Slip {
  /** The problem of a refused key with this slip. */
  readonly problem: 'wrong-key' | 'wrong-secret-or-memo';
  /** No key of the exchange looks like that, so it is refused without a request. The exchange judges anything else. */
  readonly isCertain?: true;
  readonly isMade: (texts: KeyTexts) => boolean;
}

/**
 * Mistakes that people make with BitMart's three texts, recognised by shape alone: account numbers and keys pasted in place of
 * the memo, copied blanks and line breaks, symbols that broke the sync of another product (see MAPPINGS.md). BitMart's access
 * keys have 40 hexadecimal digits, its secrets 64; it documents neither, so the shape is a hint and no verdict.
 */
const slips = {
  'key-empty': { problem: 'wrong-key', isCertain: true, isMade: ({ apiKey }) => apiKey === '' },
  'key-malformed': {
    problem: 'wrong-key',
    isCertain: true,
    isMade: ({ apiKey }) => apiKey !== '' && !isOneWord(apiKey),
  },
  'key-and-secret-swapped': {
    problem: 'wrong-key',
    isMade: ({ apiKey, apiSecret }) => hexDigits(apiKey) === 64 && hexDigits(apiSecret) === 40,
  },
  'key-cut-short': { problem: 'wrong-key', isMade: ({ apiKey }) => hexDigits(apiKey) >= 20 && hexDigits(apiKey) < 40 },
  'key-of-another-exchange': {
    problem: 'wrong-key',
    isMade: ({ apiKey }) => foreignKeys.some((shape) => shape.test(apiKey)),
  },
  'secret-empty': { problem: 'wrong-secret-or-memo', isCertain: true, isMade: ({ apiSecret }) => apiSecret === '' },
  'secret-malformed': {
    problem: 'wrong-secret-or-memo',
    isCertain: true,
    isMade: ({ apiSecret }) => apiSecret !== '' && !isOneWord(apiSecret),
  },
  'secret-cut-short': {
    problem: 'wrong-secret-or-memo',
    isMade: ({ apiSecret }) => hexDigits(apiSecret) >= 20 && hexDigits(apiSecret) < 64 && hexDigits(apiSecret) !== 40,
  },
  'memo-malformed': {
    problem: 'wrong-secret-or-memo',
    isCertain: true,
    isMade: ({ memo }) => memo.length > maxLength || /[\p{Cc}\p{Cs}]/u.test(memo),
  },
  'memo-blank': { problem: 'wrong-secret-or-memo', isMade: ({ memo }) => memo.trim() === '' },
  'memo-with-outer-blanks': {
    problem: 'wrong-secret-or-memo',
    isMade: ({ memo }) => memo.trim() !== '' && memo !== memo.trim(),
  },
  'memo-like-account-number': { problem: 'wrong-secret-or-memo', isMade: ({ memo }) => /^\d{6,}$/.test(memo.trim()) },
  'memo-like-key': {
    problem: 'wrong-secret-or-memo',
    isMade: ({ apiKey, memo }) => {
      const text = memo.trim();
      return text !== '' && !/^\d{6,}$/.test(text) && (text === apiKey || hexDigits(text) >= 32);
    },
  },
  'memo-with-symbols': {
    problem: 'wrong-secret-or-memo',
    isMade: ({ memo }) => /[^\w .\p{Cc}\p{Cs}-]/u.test(memo.trim()),
  },
  'secret-same-as-key': {
    problem: 'wrong-secret-or-memo',
    isMade: ({ apiKey, apiSecret }) => apiKey !== '' && apiSecret === apiKey,
  },
  'secret-same-as-memo': {
    problem: 'wrong-secret-or-memo',
    isMade: ({ apiSecret, memo }) => memo.trim() !== '' && apiSecret === memo.trim(),
  },
} as const satisfies Readonly<Record<string, Slip>>;

/** A likely mistake in the texts of a key. Names the mistake, never shows a text. */
export type CredentialsSlip = keyof typeof slips;

export function slipsOf(texts: KeyTexts): readonly CredentialsSlip[] {
  return slipNames.filter((name) => slips[name].isMade(texts));
}

/** The problem that rules these texts out without a request; null if the exchange has to judge them. */
export function certainProblem(texts: KeyTexts): Slip['problem'] | null {
  const found = slipsOf(texts).find((name) => 'isCertain' in slips[name]);
  return found === undefined ? null : slips[found].problem;
}

export function slipsBehind(problem: string, made: readonly CredentialsSlip[]): readonly CredentialsSlip[] {
  return made.filter((name) => slips[name]?.problem === problem);
}

/**
 * The texts without what copying added. Blanks, line breaks and quotes around key and secret are never part of them. Around the
 * memo, which the user made up, only line breaks are removed: the rest may be intended.
 */
export function cleanedTexts({ apiKey, apiSecret, memo }: KeyTexts): KeyTexts {
  return {
    apiKey: unwrapped(apiKey),
    apiSecret: unwrapped(apiSecret),
    memo: memo.length > maxCleaned ? memo : memo.replace(/^[\r\n]+|[\r\n]+$/g, ''),
  };
}

/** A longer text is refused anyway; searching a megabyte of blanks for its end takes minutes. */
const maxCleaned = 4_096;

const slipNames = Object.keys(slips) as readonly CredentialsSlip[];

/** Longer than any text that the exchange issues, short enough to handle. */
const maxLength = 512;

/** Shapes of other exchanges' keys: letters of both cases, a UUID, base64. */
const foreignKeys = [
  /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{18,128}$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  /^[A-Za-z0-9+/]{54,}={1,2}$/,
];

/** Whether a text fits into an HTTP header, without blanks or line breaks. */
function isOneWord(text: string): boolean {
  return text.length <= maxLength && /^[\x21-\x7e]+$/.test(text);
}

/** How many hexadecimal digits a text consists of; 0 if it holds anything else. */
function hexDigits(text: string): number {
  return /^[0-9a-f]+$/i.test(text) ? text.length : 0;
}

function unwrapped(text: string): string {
  if (text.length > maxCleaned) return text;
  const bare = text.replace(outerBlanks, '');
  const [, quoted] = /^["'“”‘’`](.+)["'“”‘’`]$/s.exec(bare) ?? [];
  return (quoted ?? bare).replace(outerBlanks, '');
}

/** Includes zero-width characters, which come from web pages. */
const outerBlanks = /^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/g;
