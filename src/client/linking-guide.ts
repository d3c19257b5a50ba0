import { streams } from '../bitmart/streams/index.ts';
import { type GuideSubject, type LinkingGuide, linkingGuideOf } from '../texts/linking-guide.ts';

export type { LinkingGuide };

/** What a user has to do at BitMart before a key can be linked: to be shown beside a platform's form. */
export function linkingGuide(about: Pick<GuideSubject, 'egressAddresses' | 'language'> = {}): LinkingGuide {
  return linkingGuideOf({ ...about, streams });
}
