import { en } from './en.ts';
import { ja } from './ja.ts';
import { ko } from './ko.ts';
import type { Texts } from './texts.ts';
import { zh } from './zh.ts';

export type { Texts } from './texts.ts';

export type Language = 'en' | 'ja' | 'zh' | 'ko';

export const textsIn: Readonly<Record<Language, Texts>> = { en, ja, zh, ko };

/** The session's language, or else the browser's first one that we have. */
export function textsFor(language: string | null, acceptLanguage: string | undefined): Texts {
  const wanted = language === null ? preferred(acceptLanguage) : [language];
  for (const tag of wanted) {
    const known = tag.toLowerCase().split('-')[0] as Language;
    if (Object.hasOwn(textsIn, known)) return textsIn[known];
  }
  return en;
}

/** The languages of an Accept-Language header, the preferred ones first. */
function preferred(header = ''): readonly string[] {
  return header
    .split(',')
    .slice(0, 20)
    .map((entry) => {
      const [tag = '', quality] = entry.trim().split(/;\s*q=/);
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);
}

/** A day in UTC, as the exchange counts days; `medium` for little room. */
export function dayOf(texts: Texts, instant: Date | string | number, dateStyle: 'long' | 'medium' = 'long'): string {
  return new Intl.DateTimeFormat(texts.tag, { dateStyle, timeZone: 'UTC' }).format(new Date(instant));
}
