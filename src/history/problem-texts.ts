import type { CredentialsSlip } from './credentials-slips.ts';
import type { Problem, ProblemCode, ProblemFacts } from './failure.ts';
import type { Stream } from './stream.ts';

/**
 * Everything that a user of the platform reads about keys and accounts: another language is one more object like `english`,
 * in a file of its own, given to the functions below.
 */
export interface UserTexts {
  readonly problems: Readonly<Record<ProblemCode, ProblemText>>;
  /** What looks mistyped; stands in a remedy, and beside an accepted key as a remark. */
  readonly slips: Readonly<Record<CredentialsSlip, string>>;
  readonly remarks: {
    /** Shown where the exchange does not tell what a key may do. */
    readonly permissionsUnknown: string;
  };
  readonly guide: GuideTexts;
}

interface ProblemText {
  readonly message: string | ((facts: ProblemFacts) => string);
  readonly remedy: string | ((facts: ProblemFacts) => string);
}

const english: UserTexts = {
  problems: {
    'wrong-key': {
      message: 'BitMart does not know this API key.',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => english.slips[slip]),
          'Copy the access key again from API Management on BitMart. If it was deleted there, make a new one.',
        ].join(' '),
    },
    'wrong-secret-or-memo': {
      message: 'The API key is known, but the secret or the memo is wrong.',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => english.slips[slip]),
          'The memo is the text that you typed yourself when you made the key (not your account number), with the same capital letters. The secret is shown only once: if it was not kept, make a new key.',
        ].join(' '),
    },
    'ip-not-allowed': {
      message: ({ addresses = [] }) =>
        `The key is bound to other network addresses than ours${addresses.length === 0 ? '' : ` (${addresses.join(', ')})`}.`,
      remedy: ({ addresses = [] }) =>
        addresses.length === 0
          ? 'Edit the key on BitMart and bind the addresses that this platform names, or make a read-only key that is not bound to any.'
          : `Edit the key on BitMart and bind our addresses (${addresses.join(', ')}), or make a read-only key that is not bound to any.`,
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `BitMart says that the key has expired or lacks a permission (its own texts give this answer both meanings).${expiresAtMs ? ` When it was looked at last, its day of expiry was ${dayOf(expiresAtMs)}.` : ''}`,
      remedy: 'Look at the key in API Management: if it has expired, make a new one; otherwise tick "Read Only".',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs }) =>
        `The key expires soon.${expiresAtMs ? ` Its last day is ${dayOf(expiresAtMs)}.` : ''}`,
      remedy: 'Make a new read-only key on BitMart and replace this one before it expires.',
    },
    'key-frozen': {
      message: 'BitMart has frozen this key.',
      remedy: 'Ask BitMart why, or make a new read-only key.',
    },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts ? 'BitMart does not give this to the key of a sub-account.' : 'The key may not read this.',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? "Nothing to do: no key of a sub-account can read it. Deposits and withdrawals are in the main account's history; link the main account with a key of its own."
          : 'Edit the key on BitMart and tick "Read Only"; everything else goes on meanwhile.',
    },
    'key-can-withdraw': {
      message: 'The key can withdraw money, which reading never needs.',
      remedy: 'Make a key with the permission "Read Only" alone and link that one.',
    },
    'key-can-trade': {
      message: 'The key can trade, which reading never needs.',
      remedy: 'A key with the permission "Read Only" alone is safer; replace this one when you can.',
    },
    'account-restricted': {
      message: 'BitMart restricts this account, so that its history can not be read now.',
      remedy:
        'Log in at BitMart and do what it asks for (identity check, region, security freeze), or write to its support.',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'Nothing shows that this key belongs to the BitMart account that is linked here: BitMart does not tell the account, and serves none of the records that we hold any more.'
          : 'This key belongs to another BitMart account than the one that is linked here.',
      remedy: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'Link it as an account of its own. If you are sure that both are one, join the two afterwards (merge).'
          : 'Link it as an account of its own, or use a key of the account that is linked.',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `Two linked accounts turn out to be the same BitMart account, so that its records are here twice.${otherAccountId ? ` The other one is ${otherAccountId}.` : ''}`,
      remedy: 'Join them (merge), so that no record counts twice. Nothing is lost by it.',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `A key of the main account can not read the trades of a sub-account.${subAccount ? ` "${subAccount}" was given as one, and this is the main account's key.` : ''}`,
      remedy: 'Log in to the sub-account at BitMart, make a read-only key there, and link that one.',
    },
    clock: {
      message: 'Our clock and the clock of BitMart do not agree.',
      remedy: 'Nothing to do for you; the operator has to set the clock of the server.',
    },
    'unexpected-answer': {
      message: 'BitMart answers in a way that can not be right, so that nothing is claimed from it.',
      remedy: 'Nothing to do for you; it is asked again by itself.',
    },
    'exchange-unreachable': {
      message: 'BitMart does not answer at present.',
      remedy: 'Nothing to do for you: it is tried again by itself.',
    },
    'exchange-closed': {
      message: ({ isEndpointWithdrawn, endedAtMs, requestedFromMs }) =>
        isEndpointWithdrawn
          ? 'BitMart has withdrawn the endpoint that served this history, so no key can read it any more.'
          : `BitMart ended this${endedAtMs ? ` on ${minuteOf(endedAtMs)}` : ''}, before this account was linked. It was requested${requestedFromMs ? ` back to ${dayOf(requestedFromMs)}` : ''} all the same, or to where BitMart refused, and no record came.`,
      remedy: ({ isEndpointWithdrawn, platformEndMs }) =>
        isEndpointWithdrawn
          ? 'Export this history on the BitMart website while it still offers that. What was read before stays stored, and the other histories are still read; another key does not help.'
          : `If there were records, only a file that the user exports on the BitMart website has them.${platformEndMs ? ` BitMart closes on ${minuteOf(platformEndMs)}; what it still serves is read until then.` : ''}`,
    },
  },

  slips: {
    'key-empty': 'The access key is empty.',
    'key-malformed':
      'The access key holds a line break, a blank or a character that no key has, or is far too long: copy it again, alone.',
    'key-and-secret-swapped': 'Access key and secret look swapped: the secret is the longer one, shown only once.',
    'key-cut-short': 'The access key looks cut short: copy it again, whole.',
    'key-of-another-exchange': 'The access key looks like one of another exchange.',
    'secret-empty': 'The secret is empty.',
    'secret-malformed':
      'The secret holds a line break, a blank or a character that no secret has, or is far too long: copy it again, alone.',
    'secret-cut-short': 'The secret looks cut short: copy it again, whole.',
    'memo-malformed':
      'The memo holds a line break or another character that can not be typed, or is far too long: it is one short line.',
    'memo-blank': 'The memo is blank: it is the text that was typed when the key was made, and BitMart requires one.',
    'memo-like-account-number':
      'The memo looks like an account number: it is the text that was typed when the key was made.',
    'memo-like-key': 'The memo looks like a key or a secret: perhaps two fields were mixed up.',
    'memo-with-outer-blanks':
      'The memo begins or ends with a blank, which was kept, because BitMart compares memos letter by letter.',
    'memo-with-symbols':
      'The memo holds symbols such as "!" or "※", which are known to make trouble: a key whose memo is plain letters and digits is safer.',
    'secret-same-as-key': 'Secret and access key are the same text: the secret is the longer one, shown only once.',
    'secret-same-as-memo': 'Secret and memo are the same text: perhaps two fields were mixed up.',
  },

  remarks: {
    permissionsUnknown:
      'BitMart does not tell what this key may do, so it can not be shown that it is read-only: look in API Management that "Read Only" alone is ticked.',
  },

  guide: {
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
  },
};

/** A problem in words. `detail` is one more sentence about this very case, without secrets. */
export function describeProblem(
  what: {
    readonly code: ProblemCode;
    readonly stream?: string | undefined;
    readonly detail?: string | undefined;
    readonly facts?: ProblemFacts | undefined;
  },
  texts: UserTexts = english,
): Problem {
  const { message, remedy } = texts.problems[what.code];
  const facts = what.facts ?? {};
  const words = typeof message === 'string' ? message : message(facts);
  return {
    code: what.code,
    message: what.detail ? `${words} ${what.detail}` : words,
    remedy: typeof remedy === 'string' ? remedy : remedy(facts),
    ...(what.stream !== undefined && { stream: what.stream }),
  };
}

/** What is worth knowing of a key although it is no problem. */
export function describeRemarks(
  about: { readonly slips: readonly CredentialsSlip[]; readonly permissionsUnknown: boolean },
  texts: UserTexts = english,
): readonly string[] {
  const slips = about.slips.map((slip) => texts.slips[slip]);
  return about.permissionsUnknown ? [...slips, texts.remarks.permissionsUnknown] : slips;
}

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

export function linkingGuideOf(about: GuideSubject, texts: UserTexts = english): LinkingGuide {
  const { steps, reach, closing } = texts.guide;
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

function minuteOf(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function dayOf(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 10);
}
