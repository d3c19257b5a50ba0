import { streams } from '../bitmart/streams/index.ts';
import { type Language, textsIn } from '../texts/index.ts';
import type { GuideStepId } from '../texts/texts.ts';

/** The steps of a user at BitMart before linking a key, to show beside a platform's form. */
export interface LinkingGuide {
  readonly steps: readonly { readonly id: GuideStepId; readonly title: string; readonly text: string }[];
  readonly reach: readonly { readonly stream: string; readonly text: string }[];
  readonly closing: string;
}

interface GuideOptions {
  /** The worker's EGRESS_ADDRESSES. Without them the guide says that the platform gives the addresses. */
  readonly egressAddresses?: readonly string[];
  /** @default en */
  readonly language?: Language;
}

/**
 * The steps of a user at BitMart before linking a key, to show beside a platform's own form.
 *
 * @example
 * import { linkingGuide } from 'bitmart-sync/client';
 *
 * const { steps } = linkingGuide({ egressAddresses: ['203.0.113.7'], language: 'ja' });
 * for (const { title, text } of steps) show(title, text);
 */
export function linkingGuide({ egressAddresses = [], language = 'en' }: GuideOptions = {}): LinkingGuide {
  const { steps, reach, closing } = textsIn[language].linkingGuide;
  const addresses = egressAddresses.join(', ');
  return {
    steps: Object.entries(steps).map(([id, [title, text]]) => ({
      id: id as GuideStepId,
      title,
      text: typeof text === 'string' ? text : text(addresses),
    })),
    reach: streams.map(({ name, reachIsDocumented, reachMs }) => ({
      stream: name,
      text: reachIsDocumented ? reach.documented({ months: Math.round(reachMs / monthMs) }) : reach.undocumented,
    })),
    closing,
  };
}

const monthMs = 30 * 86_400_000;
