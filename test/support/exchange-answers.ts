import type { FaultOptions } from '../../sandbox/faults.ts';

/** One way in which the exchange can answer, and what must become of a key that meets it. */
export interface ExchangeAnswer {
  readonly name: string;
  readonly fault: FaultOptions;
  /** Where the same on every endpoint would take longer than a test. */
  readonly liveFault?: FaultOptions;
  /** What a first link says. */
  readonly link: 'accepted' | 'refused' | 'undecided';
  /** The problem reported, and the one stream it concerns; null: none. */
  readonly problem: string | null;
  readonly stream?: 'spot-trades' | 'futures-trades' | 'withdrawals';
  /** What the remedy must say. */
  readonly remedy: RegExp | null;
  /** Whether a linked account stops reading until the answer is another one. */
  readonly stops: boolean;
  /** The exchange asks for a longer wait than a test has: the wait is ended by hand. */
  readonly longWait?: true;
}

type Refusal = readonly [code: number, httpStatus: number];

const spot = '/spot/v4/query/trades';
const futures = '/contract/private/trades';
const movements = '/account/v2/deposit-withdraw/history';

const error = ([code, httpStatus]: Refusal, endpoint?: string): FaultOptions => ({
  fault: 'error',
  code,
  httpStatus,
  ...(endpoint !== undefined && { endpoint }),
});

/** The key or the account as a whole is refused: a person has to do something. */
const stopping = (problem: string, remedy: RegExp, refusals: readonly Refusal[]): ExchangeAnswer[] =>
  refusals.map((refusal) => ({
    name: `${refusal[0]} with HTTP ${refusal[1]}`,
    fault: error(refusal),
    link: 'refused',
    problem,
    remedy,
    stops: true,
  }));

/** One endpoint is refused: its stream alone is concerned. */
const ofOneStream = (
  stream: NonNullable<ExchangeAnswer['stream']>,
  [problem, remedy]: readonly [string, RegExp] | readonly [null, null],
  refusals: readonly Refusal[],
): ExchangeAnswer[] =>
  refusals.map((refusal) => ({
    name: `${refusal[0]} with HTTP ${refusal[1]} on ${stream} alone`,
    fault: error(refusal, { 'spot-trades': spot, 'futures-trades': futures, withdrawals: movements }[stream]),
    link: 'accepted',
    problem,
    stream,
    remedy,
    stops: false,
  }));

const passing = (problem: string, remedy: RegExp, faults: Readonly<Record<string, FaultOptions>>): ExchangeAnswer[] =>
  Object.entries(faults).map(([name, fault]) => ({ name, fault, link: 'undecided', problem, remedy, stops: false }));

const errors = (refusals: readonly Refusal[]): Record<string, FaultOptions> =>
  Object.fromEntries(refusals.map((refusal) => [`${refusal[0]} with HTTP ${refusal[1]}`, error(refusal)]));

/** Every code of BitMart's tables that a reader's key can meet, and everything that is not a code. */
export const exchangeAnswers: readonly ExchangeAnswer[] = [
  ...stopping('wrong-key', /Copy the access key again/, [[30002, 401]]),
  ...stopping('key-frozen', /make a new read-only key/, [[30003, 401]]),
  ...stopping('ip-not-allowed', /bind our addresses \(203\.0\.113\.7\)/, [
    [30010, 403],
    [40006, 403],
  ]),
  ...stopping('key-expired', /if it has expired, make a new one; otherwise tick "Read Only"/, [[30011, 403]]),
  ...stopping('account-restricted', /Log in at BitMart/, [
    [40047, 403],
    [51003, 403],
    [53000, 403],
    [53001, 403],
    [53002, 403],
    [53006, 403],
    [53007, 403],
    [53008, 403],
    [53009, 403],
    [53011, 403],
    [59001, 400],
    [60028, 403],
    [60029, 403],
    [60050, 500],
    [60057, 403],
    [60063, 403],
  ]),
  {
    name: '30005 with HTTP 401 after a KEYED read that succeeds',
    fault: error([30005, 401], spot),
    link: 'refused',
    problem: 'wrong-secret-or-memo',
    remedy: /The memo is the text that you typed yourself/,
    stops: true,
  },
  ...ofOneStream(
    'futures-trades',
    ['no-permission', /tick "Read Only"/],
    [
      [30011, 403],
      [30012, 403],
      [30019, 200],
      [53003, 403],
      [53005, 403],
      [60061, 403],
      [60062, 403],
      [61003, 403],
      [61006, 403],
    ],
  ),
  ...ofOneStream('futures-trades', ['account-restricted', /Log in at BitMart/], [[40047, 403]]),
  ...ofOneStream('futures-trades', ['exchange-closed', /another key does not help/], [[30030, 200]]),
  ...ofOneStream('spot-trades', ['exchange-closed', /another key does not help/], [[30031, 200]]),
  ...ofOneStream('spot-trades', ['no-permission', /tick "Read Only"/], [[30012, 403]]),
  ...ofOneStream('withdrawals', ['no-permission', /no key of a sub-account can read it/], [[60026, 403]]),
  ...ofOneStream(
    'futures-trades',
    [null, null],
    [
      [40001, 403],
      [40046, 403],
    ],
  ),
  ...ofOneStream('spot-trades', [null, null], [[51001, 403]]),
  ...passing('exchange-unreachable', /repeated automatically/, {
    'a reset': { fault: 'reset' },
    'JSON that ends in the middle': { fault: 'truncated' },
    'a web page of the edge with HTTP 403': { fault: 'cloudflare-403' },
    'a web page of the edge with HTTP 503': { fault: 'cloudflare-503' },
    'code 1000, "This service is down"': { fault: 'service-down' },
    'HTTP 500': { fault: 'server-error', httpStatus: 500 },
    'HTTP 502': { fault: 'server-error', httpStatus: 502 },
    ...errors([
      [25601, 200],
      [30014, 503],
      [40013, 429],
      [40020, 200],
      [50022, 503],
      [51008, 400],
      [59002, 500],
      [60051, 500],
      [60052, 400],
      [70003, 200],
    ]),
    '30013 with HTTP 429': { fault: 'rate-limited' },
  }),
  ...passing('exchange-unreachable', /repeated automatically/, {
    '30016 with HTTP 200': { fault: 'maintenance' },
    '30017 with HTTP 418': { fault: 'banned' },
  }).map((answer) => ({ ...answer, longWait: true as const })),
  ...passing('exchange-unreachable', /repeated automatically/, { 'no answer at all': { fault: 'hang' } }).map(
    (answer) => ({ ...answer, liveFault: { fault: 'hang', endpoint: movements } as const }),
  ),
  ...passing('clock', /the operator checks the clocks/, errors([[30007, 401]])),
  ...passing(
    'unexpected-answer',
    /asked again automatically/,
    errors([
      [30000, 404],
      [30001, 401],
      [30004, 401],
      [30006, 401],
      [30008, 401],
      [30018, 503],
      [40011, 400],
      [40012, 400],
      [49998, 400],
      [50000, 400],
      [52000, 400],
      [60000, 400],
      [60067, 400],
      [98765, 403],
    ]),
  ),
];
