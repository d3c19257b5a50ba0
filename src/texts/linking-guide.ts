import type { Stream } from '../history/stream.ts';
import { type Language, textsIn } from './index.ts';
import type { GuideStepId } from './texts.ts';

/** What a user has to do at BitMart before a key can be linked: to be shown beside a platform's form. */
export interface LinkingGuide {
  readonly steps: readonly { readonly id: GuideStepId; readonly title: string; readonly text: string }[];
  readonly reach: readonly { readonly stream: string; readonly text: string }[];
  /** That the exchange closes, and when. */
  readonly closing: string;
}

export interface GuideSubject {
  /** The worker's EGRESS_ADDRESSES; without them the guide says that the platform names them. */
  readonly egressAddresses?: readonly string[];
  /** @default en */
  readonly language?: Language;
  readonly streams: readonly Stream[];
}

export function linkingGuideOf(about: GuideSubject): LinkingGuide {
  const { steps, reach, closing } = textsIn[about.language ?? 'en'].linkingGuide;
  const addresses = (about.egressAddresses ?? []).join(', ');
  return {
    steps: Object.entries(steps).map(([id, [title, text]]) => ({
      id: id as GuideStepId,
      title,
      text: typeof text === 'string' ? text : text(addresses),
    })),
    reach: about.streams.map(({ name, reachIsDocumented, reachMs }) => ({
      stream: name,
      text: reachIsDocumented ? reach.documented({ months: Math.round(reachMs / monthMs) }) : reach.undocumented,
    })),
    closing,
  };
}

const monthMs = 30 * 86_400_000;
