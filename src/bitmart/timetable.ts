import { instantOfIso } from '../history/iso-time.ts';
import { type Timetable, unknownTimetable } from '../history/timetable.ts';

export type { Timetable };

/** From BitMart's notice of 2026-07-26, and from what it served since; see docs/runbook.md. */
export const knownTimetable = {
  depositsEndMs: Date.UTC(2026, 6, 26, 1, 30),
  spotTradingEndMs: Date.UTC(2026, 7, 26, 1, 0),
  // The notice names the same end as for spot trading, but contracts were still traded on 2026-09-23.
  futuresTradingEndMs: null,
  platformEndMs: Date.UTC(2027, 0, 31, 15, 59),
} as const satisfies Timetable;

/** Names in BITMART_TIMETABLE; `tradingEnd` is from when one end was known for spot and futures. */
const endNames = {
  depositsEnd: 'depositsEndMs',
  tradingEnd: 'spotTradingEndMs',
  spotTradingEnd: 'spotTradingEndMs',
  futuresTradingEnd: 'futuresTradingEndMs',
  platformEnd: 'platformEndMs',
} as const satisfies Readonly<Record<string, keyof Timetable>>;

/** Parses BITMART_TIMETABLE: null for `none`, an exchange without an end. Throws Error with what is expected. */
export function parseTimetable(text: string): Timetable | null {
  if (text === 'none') return null;
  const ends = Object.entries(objectOf(text)).map(([name, value]) => {
    if (!Object.hasOwn(endNames, name)) throw new Error(`has no end ${JSON.stringify(name)}: ${expected}`);
    const endMs = typeof value === 'string' ? instantOfIso(value) : null;
    if (value !== null && endMs === null) throw new Error(`has no date for ${name}: ${expected}`);
    return [endNames[name as keyof typeof endNames], endMs] as const;
  });
  return { ...unknownTimetable, ...Object.fromEntries(ends) };
}

function objectOf(text: string): object {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  } catch {
    // Reported below, in the same words.
  }
  throw new Error(`is not a timetable: ${expected}`);
}

const expected = `it must be "none" or JSON like {"depositsEnd":"2026-07-26T01:30:00Z","spotTradingEnd":"…","futuresTradingEnd":null,"platformEnd":"…"}; an end that is null or left out is unknown`;
