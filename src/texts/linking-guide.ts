import type { Stream } from '../history/stream.ts';

const english: GuideTexts = {
  steps: {
    create: ['Make a key', 'On BitMart: account menu → API Management → create an API key.'],
    memo: [
      'Choose a memo',
      'It is required, and is the passphrase that is asked for again here. It is not your account number. Letters and digits are the safe choice: symbols such as "!" or "※" have made syncs fail.',
    ],
    permission: ['Tick "Read Only"', 'And nothing else: neither trading nor withdrawing is needed to read.'],
    addresses: [
      'Bind our addresses',
      (addresses) =>
        addresses.length === 0
          ? "Bind the addresses from which this platform's requests come; it names them."
          : `Bind ${addresses.join(', ')}: from there our requests come.`,
    ],
    confirmation: ['Confirm', 'With the code that BitMart sends by e-mail.'],
    secret: [
      'Copy access key and secret at once',
      'The secret is shown this one time only. Missed it? Make a new key.',
    ],
    'sub-account': [
      'A sub-account has keys of its own',
      "Make the key inside that sub-account: the main account's key can not read its trades. The name is only a label here; the same key is one account whatever the name.",
    ],
  },
  reach: {
    documented: ({ months }) => `The past ${months} months, a window that moves on every day.`,
    undocumented: 'As far back as BitMart still serves them, which it does not say.',
  },
  closing:
    'BitMart ended spot trading on 2026-08-26 and closes for good on 2027-01-31 15:59 UTC: what is not read by then can not be read by anybody any more.',
};

type GuideStepId = 'create' | 'memo' | 'permission' | 'addresses' | 'confirmation' | 'secret' | 'sub-account';

interface GuideTexts {
  /** Title and text, in the order in which a user takes the steps. */
  readonly steps: Readonly<
    Record<GuideStepId, readonly [title: string, text: string | ((addresses: readonly string[]) => string)]>
  >;
  /** How far back each history can be read. */
  readonly reach: {
    readonly documented: (reach: { readonly months: number }) => string;
    readonly undocumented: string;
  };
  readonly closing: string;
}

/** What a user has to do at BitMart before a key can be linked: to be shown beside a platform's form. */
export interface LinkingGuide {
  readonly steps: readonly { readonly id: GuideStepId; readonly title: string; readonly text: string }[];
  readonly reach: readonly { readonly stream: string; readonly text: string }[];
  /** That the exchange closes, and when. */
  readonly closing: string;
}

export interface GuideSubject {
  /** What the worker is told as EGRESS_ADDRESSES; without them the guide says that the platform names them. */
  readonly egressAddresses?: readonly string[];
  readonly streams: readonly Stream[];
}

export function linkingGuideOf(about: GuideSubject): LinkingGuide {
  const { steps, reach, closing } = english;
  const addresses = about.egressAddresses ?? [];
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
