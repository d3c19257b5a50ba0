import type { CredentialsSlip } from '../history/credentials-slips.ts';
import type { ProblemCode, ProblemFacts } from '../history/failure.ts';
import type { GapReason } from '../history/gap.ts';

type Plain<Name extends string> = Readonly<Record<Name, string>>;
/** Texts with the name of a platform, a stream or a right, or a day. */
type About<Name extends string> = Readonly<Record<Name, (what: string) => string>>;
type TitleAndText<Text = string> = readonly [title: string, text: Text];

/** All texts for people: one language is one object of this shape, in a file of its own. */
export interface Texts {
  /** The language tag, for `lang` and for formatting numbers and dates. */
  readonly tag: string;
  readonly headings: About<'form'> &
    Plain<'replace' | 'checking' | 'waiting' | 'refused' | 'linked' | 'alreadyLinked' | 'replaced' | 'expired'> &
    Plain<'notChecked' | 'exited' | 'leaving' | 'notFound' | 'tooOften' | 'failed'>;
  /** Texts below headings. */
  readonly leads: About<'form' | 'replace' | 'expired' | 'expiredUnchecked' | 'notFound' | 'noTriesLeft'> &
    Plain<'checking' | 'waiting' | 'refused' | 'nothingKept' | 'linked' | 'alreadyLinked' | 'replaced' | 'exited'> &
    Plain<'notChecked' | 'leaving' | 'tooOften' | 'failed' | 'notStored' | 'closePage'> & {
      readonly triesLeft: (tries: number) => string;
    };
  readonly guide: Plain<'heading'> & {
    readonly steps: Readonly<Record<'open' | 'memo' | 'permission' | 'confirm' | 'copy', TitleAndText>>;
    readonly addresses: TitleAndText;
    readonly noAddresses: TitleAndText;
    readonly picture: Plain<'caption' | 'title' | 'memo' | 'permission' | 'addresses' | 'note'>;
  };
  /** The steps at BitMart for a platform's own form; title and text, in the user's order. */
  readonly linkingGuide: Plain<'closing'> & {
    readonly steps: Readonly<Record<GuideStepId, TitleAndText<string | ((addresses: string) => string)>>>;
    /** How far back each history can be read. */
    readonly reach: Plain<'undocumented'> & { readonly documented: (reach: { readonly months: number }) => string };
  };
  readonly fields: Plain<'heading' | 'missing' | 'atFault' | 'privacy'> & {
    readonly apiKey: Field;
    readonly apiSecret: Field;
    readonly memo: Field;
    readonly subAccount: Field & Plain<'summary'>;
    readonly minutesLeft: (minutes: number) => string;
  };
  readonly buttons: About<'back'> &
    Plain<'link' | 'replace' | 'show' | 'hide' | 'copy' | 'copied' | 'remove' | 'cancel' | 'leave' | 'stay' | 'close'>;
  /** Shown while the user types. */
  readonly hints: Plain<'outerBlanks' | 'secretInKeyField' | 'keyInSecretField' | 'memoLikeAccountNumber'> &
    Plain<'memoLikeKey' | 'memoWithSymbols' | 'notSent'>;
  readonly checks: About<'stream' | 'expiresOn'> &
    Plain<'heading' | 'readOnly' | 'rightsUnknown' | 'noExpiry' | 'expiryUnknown'> & {
      readonly names: Plain<'clock' | 'key' | 'secret' | 'address' | 'permissions' | 'expiry'>;
      readonly verdicts: Plain<'waiting' | 'passed' | 'failed' | 'unknown' | 'skipped'>;
      readonly progress: (done: number, all: number) => string;
    };
  /** For the person whose key it is. */
  readonly problems: Readonly<Record<ProblemCode, ProblemText>>;
  /** For the same person: a key could not be checked because of us. */
  readonly notChecked: ProblemText;
  /** For those who run the worker; English if a language has none. */
  readonly operator?: Readonly<Record<ProblemCode, ProblemText>>;
  readonly slips: Plain<CredentialsSlip>;
  readonly streams: Plain<string>;
  /** `needsRight` replaces the reach if the key lacks a right. */
  readonly history: About<'servedBack' | 'needsRight' | 'missingRight' | 'closes'> &
    Plain<'heading' | 'reading' | 'read' | 'stopped' | 'files'> &
    Plain<'nothingServed' | 'notAskedYet' | 'nothingMissing' | 'stillReading'> & {
      readonly columns: Plain<'type' | 'records' | 'reach' | 'missing'>;
      readonly records: (count: number) => string;
      readonly gaps: About<Exclude<GapReason, 'not-yet-read'>>;
    };
}

export type GuideStepId = 'create' | 'memo' | 'permission' | 'addresses' | 'confirmation' | 'secret' | 'sub-account';

export interface ProblemText {
  readonly message: Wording;
  readonly remedy: Wording;
}

/** A function if it depends on facts. Workflows know none, so they show plain texts only. */
export type Wording = string | ((facts: ProblemFacts) => string);

type Field = Plain<'label' | 'hint'>;
