import { streams } from '../bitmart/streams/index.ts';
import { type GuideSubject, type LinkingGuide, linkingGuideOf } from '../texts/linking-guide.ts';

export type { LinkingGuide };

/**
 * What a user does at BitMart before a key can be linked, to show beside a platform's own form.
 *
 * @example
 * import { linkingGuide } from 'bitmart-sync/client';
 *
 * const { steps } = linkingGuide({ egressAddresses: ['203.0.113.7'], language: 'ja' });
 * for (const { title, text } of steps) show(title, text);
 */
export function linkingGuide(about: Pick<GuideSubject, 'egressAddresses' | 'language'> = {}): LinkingGuide {
  return linkingGuideOf({ ...about, streams });
}
