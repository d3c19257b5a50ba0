import type { Timetable } from '../history/timetable.ts';

export type { Timetable };

/** From BitMart's notice of 2026-07-26; see docs/operations.md. */
export const knownTimetable: Timetable = {
  depositsEndMs: Date.UTC(2026, 6, 26, 1, 30),
  tradingEndMs: Date.UTC(2026, 7, 26, 1, 0),
  platformEndMs: Date.UTC(2027, 0, 31, 15, 59),
};

/** What BITMART_TIMETABLE says: null for `none`, an exchange without an end. Throws Error with what is expected. */
export function parseTimetable(text: string): Timetable | null {
  if (text === 'none') return null;
  try {
    const told = JSON.parse(text) as Record<string, unknown>;
    const at = (name: string) => {
      const ms = Date.parse(String(told[name]));
      if (Number.isNaN(ms)) throw new Error(name);
      return ms;
    };
    return { depositsEndMs: at('depositsEnd'), tradingEndMs: at('tradingEnd'), platformEndMs: at('platformEnd') };
  } catch {
    throw new Error(
      'must be "none" or JSON like {"depositsEnd":"2026-07-26T01:30:00Z","tradingEnd":"…","platformEnd":"…"}',
    );
  }
}
