import type { CredentialsSlip } from '../history/credentials-slips.ts';
import type { ProblemCode, ProblemFacts } from '../history/failure.ts';
import type { GapReason } from '../history/part-state.ts';

/** Everything that is said to people: one language is one object of this shape, in a file of its own. */
export interface Texts {
  /** As `lang` has it, and as numbers and dates are written. */
  readonly tag: string;
  readonly headings: {
    readonly form: (platform: string) => string;
    readonly replace: string;
    readonly checking: string;
    readonly waiting: string;
    readonly refused: string;
    readonly linked: string;
    readonly alreadyLinked: string;
    readonly replaced: string;
    readonly expired: string;
    readonly exited: string;
    readonly leaving: string;
    readonly notFound: string;
    readonly tooOften: string;
    readonly failed: string;
  };
  /** What stands below a heading. */
  readonly leads: {
    readonly form: (platform: string) => string;
    readonly replace: (platform: string) => string;
    readonly checking: string;
    readonly waiting: string;
    readonly refused: string;
    readonly nothingKept: string;
    readonly linked: string;
    readonly alreadyLinked: string;
    readonly replaced: string;
    readonly expired: (platform: string) => string;
    readonly exited: string;
    readonly leaving: string;
    readonly notFound: (platform: string) => string;
    readonly tooOften: string;
    readonly failed: string;
    readonly closePage: string;
    readonly triesLeft: (tries: number) => string;
    readonly noTriesLeft: (platform: string) => string;
  };
  readonly guide: {
    readonly heading: string;
    readonly steps: Readonly<
      Record<'open' | 'memo' | 'permission' | 'confirm' | 'copy', readonly [title: string, text: string]>
    >;
    readonly addresses: readonly [title: string, text: string];
    readonly noAddresses: readonly [title: string, text: string];
    readonly picture: {
      readonly caption: string;
      readonly title: string;
      readonly memo: string;
      readonly permission: string;
      readonly addresses: string;
      readonly note: string;
    };
  };
  /** The steps at BitMart for a form that is not ours; title and text, in the order in which a user takes them. */
  readonly linkingGuide: {
    readonly steps: Readonly<
      Record<GuideStepId, readonly [title: string, text: string | ((addresses: string) => string)]>
    >;
    /** How far back each history can be read. */
    readonly reach: {
      readonly documented: (reach: { readonly months: number }) => string;
      readonly undocumented: string;
    };
    readonly closing: string;
  };
  readonly fields: {
    readonly heading: string;
    readonly apiKey: Field;
    readonly apiSecret: Field;
    readonly memo: Field;
    readonly subAccount: Field & { readonly summary: string };
    readonly missing: string;
    readonly atFault: string;
    readonly privacy: string;
    readonly minutesLeft: (minutes: number) => string;
  };
  readonly buttons: {
    readonly link: string;
    readonly replace: string;
    readonly show: string;
    readonly hide: string;
    readonly copy: string;
    readonly copied: string;
    readonly remove: string;
    readonly cancel: string;
    readonly leave: string;
    readonly stay: string;
    readonly back: (platform: string) => string;
    readonly close: string;
  };
  /** Said while typing. */
  readonly hints: {
    readonly outerBlanks: string;
    readonly secretInKeyField: string;
    readonly keyInSecretField: string;
    readonly memoLikeAccountNumber: string;
    readonly memoLikeKey: string;
    readonly memoWithSymbols: string;
    readonly notSent: string;
  };
  readonly checks: {
    readonly heading: string;
    readonly names: Readonly<Record<'clock' | 'key' | 'secret' | 'address' | 'permissions' | 'expiry', string>>;
    readonly stream: (name: string) => string;
    readonly verdicts: Readonly<Record<'waiting' | 'passed' | 'failed' | 'unknown' | 'skipped', string>>;
    readonly progress: (done: number, all: number) => string;
    readonly readOnly: string;
    readonly rightsUnknown: string;
    readonly expiresOn: (day: string) => string;
    readonly noExpiry: string;
    readonly expiryUnknown: string;
  };
  /** For the person whose key it is. */
  readonly problems: Readonly<Record<ProblemCode, ProblemText>>;
  /** For the same person, of a key that could not be checked because of us. */
  readonly notChecked: ProblemText;
  /** For those who run the worker; where a language has none, they read English. */
  readonly operator?: Readonly<Record<ProblemCode, ProblemText>>;
  readonly slips: Readonly<Record<CredentialsSlip, string>>;
  readonly streams: Readonly<Record<string, string>>;
  readonly history: {
    readonly heading: string;
    readonly reading: string;
    readonly read: string;
    readonly columns: Readonly<Record<'type' | 'records' | 'reach' | 'missing', string>>;
    readonly records: (count: number) => string;
    readonly servedBack: (day: string) => string;
    readonly nothingServed: string;
    readonly notAskedYet: string;
    /** Instead of how far back, where the key lacks a right. */
    readonly needsRight: (right: string) => string;
    readonly nothingMissing: string;
    readonly stillReading: string;
    readonly gaps: Readonly<Record<Exclude<GapReason, 'not-yet-read'>, (until: string) => string>>;
    readonly missingRight: (right: string) => string;
    readonly files: string;
    readonly closes: (day: string) => string;
  };
}

export type GuideStepId = 'create' | 'memo' | 'permission' | 'addresses' | 'confirmation' | 'secret' | 'sub-account';

export interface ProblemText {
  readonly message: Wording;
  readonly remedy: Wording;
}

export type Wording = string | ((facts: ProblemFacts) => string);

interface Field {
  readonly label: string;
  readonly hint: string;
}
