import { z } from 'zod';
import { knownTimetable } from '../bitmart/timetable.ts';
import { BadKeyRing, parsePublicKey } from '../credentials/key-ring.ts';
import { defaultQuotas, type Quotas, schemaPattern } from '../database/index.ts';
import { type Timetable as KnownTimetable, unknownTimetable } from '../history/timetable.ts';
import { ClientError } from './client-error.ts';
import { kindOf } from './foreign-input.ts';
import { instantOf, type Time } from './question.ts';
import type { TemporalOptions } from './temporal.ts';

export interface ClientOptions {
  /** Postgres, as a URL. */
  readonly databaseUrl: string;
  /** @default `bitmart_sync` */
  readonly databaseSchema?: string | undefined;
  /** @default localhost:7233, namespace `default` */
  readonly temporal?: TemporalOptions | undefined;
  /** @default `bitmart-sync` */
  readonly taskQueue?: string | undefined;
  /** Seals keys so that only the worker can open them. Needed to link, check and rotate; never the private key. */
  readonly publicKey?: string | undefined;
  /** The public address of `bitmart-sync serve`. Needed for `createLinkSession`. @default the environment's LINK_URL */
  readonly linkUrl?: string | undefined;
  /**
   * When the exchange ends what, as BITMART_TIMETABLE of the worker: an end that is null or left out is unknown, and null
   * instead of the object means an exchange without an end. @default what is known of BitMart
   */
  readonly timetable?: Timetable | null | undefined;
  /** Limits for each owner. @default 200 accounts, 5 candidates of one account, 30 unproven keys an hour */
  readonly quotas?: Partial<Quotas> | undefined;
  /** @deprecated Use `timetable`. The end of the platform alone; null when the exchange has no end. */
  readonly platformEndMs?: number | null | undefined;
}

/** When the exchange ends what; an end that is null or left out is unknown. */
export interface Timetable {
  readonly depositsEnd?: Time | null | undefined;
  readonly spotTradingEnd?: Time | null | undefined;
  readonly futuresTradingEnd?: Time | null | undefined;
  readonly platformEnd?: Time | null | undefined;
  /** @deprecated Use `depositsEnd`. */
  readonly depositsEndMs?: number | null | undefined;
  /** @deprecated Use `spotTradingEnd`. */
  readonly spotTradingEndMs?: number | null | undefined;
  /** @deprecated Use `futuresTradingEnd`. */
  readonly futuresTradingEndMs?: number | null | undefined;
  /** @deprecated Use `platformEnd`. */
  readonly platformEndMs?: number | null | undefined;
  /** @deprecated Use `spotTradingEnd`. */
  readonly tradingEndMs?: number | null | undefined;
}

export interface ClientSettings {
  readonly databaseUrl: string;
  readonly databaseSchema: string;
  readonly temporal: TemporalOptions;
  readonly taskQueue: string;
  readonly publicKey: string | null;
  readonly linkUrl: string | null;
  readonly timetable: KnownTimetable | null;
  readonly quotas: Quotas;
}

/** The options with their defaults. Throws ClientError with everything that is wrong with them. */
export function clientSettings(options: ClientOptions): ClientSettings {
  const { success, error } = shape.safeParse(options);
  if (!success) throw wrongOptions(options, error.issues);
  return {
    databaseUrl: options.databaseUrl,
    databaseSchema: options.databaseSchema ?? 'bitmart_sync',
    temporal: options.temporal ?? {},
    taskQueue: options.taskQueue ?? 'bitmart-sync',
    publicKey: options.publicKey ?? null,
    linkUrl: options.linkUrl ?? (process.env.LINK_URL || null),
    timetable: timetableOf(options),
    quotas: { ...defaultQuotas, ...options.quotas },
  };
}

const address = 'an address like postgres://user:password@host:5432/database';
const publicKeyText = 'what `bitmart-sync keys generate` printed as public key';
const text = z.string('a text').min(1, 'a text that is not empty');
const count = z.int('a whole number from 0').min(0, 'a whole number from 0').nullish();
const end = z
  .custom((value) => value === null || value === undefined || isTime(value), 'a Date, ISO 8601 with its zone, or null')
  .optional();
const endMs = z.number('a number of milliseconds').nullish();

const shape = z.strictObject({
  databaseUrl: z.string(address).refine(isPostgresUrl, address),
  databaseSchema: z
    .string('a text')
    .regex(schemaPattern, 'a lower-case name of at most 56 letters, digits and underscores')
    .nullish(),
  // Temporal's own library checks its other options.
  temporal: z.looseObject({ address: text.nullish(), namespace: text.nullish() }, 'an object').nullish(),
  taskQueue: text.max(200, 'a text of at most 200 characters').nullish(),
  publicKey: z.string(publicKeyText).refine(isPublicKey, publicKeyText).nullish(),
  linkUrl: text.nullish(),
  timetable: z
    .strictObject({
      depositsEnd: end,
      spotTradingEnd: end,
      futuresTradingEnd: end,
      platformEnd: end,
      depositsEndMs: endMs,
      spotTradingEndMs: endMs,
      futuresTradingEndMs: endMs,
      platformEndMs: endMs,
      tradingEndMs: endMs,
    })
    .nullish(),
  quotas: z
    .strictObject({ accountsPerOwner: count, candidatesPerAccount: count, unprovenKeysPerHour: count })
    .nullish(),
  platformEndMs: endMs,
});

function isPostgresUrl(given: string): boolean {
  return URL.canParse(given) && ['postgres:', 'postgresql:'].includes(new URL(given).protocol);
}

function isPublicKey(given: string): boolean {
  try {
    parsePublicKey(given);
    return true;
  } catch (error) {
    if (error instanceof BadKeyRing) return false;
    throw error;
  }
}

function isTime(given: unknown): boolean {
  try {
    instantOf(given, 'timetable');
    return true;
  } catch {
    return false;
  }
}

/** No value is shown: a URL carries a password. */
function wrongOptions(options: unknown, issues: readonly z.core.$ZodIssue[]): ClientError {
  const wrong = issues.flatMap((issue) => {
    const place = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `there is no option \`${place && `${place}.`}${key}\``);
    if (place === '') return `the options are ${kindOf(options)}, and not an object`;
    const value = issue.path.reduce<unknown>((outer, key) => (outer as Record<PropertyKey, unknown>)[key], options);
    return value === undefined || value === null
      ? `\`${place}\` is missing: give ${issue.message}`
      : `\`${place}\` is not ${issue.message}`;
  });
  return new ClientError(
    'wrong-configuration',
    `The client can't be made: ${wrong.join('; ')}.`,
    'docs/configuration.md lists the options of `createClient`.',
  );
}

function timetableOf({ timetable, platformEndMs }: ClientOptions): KnownTimetable | null {
  if (timetable === null) return null;
  if (timetable !== undefined) {
    const endOf = (given: Time | null | undefined, ms: number | null | undefined, name: string) =>
      given === undefined || given === null ? (ms ?? null) : instantOf(given, name);
    const { tradingEndMs } = timetable;
    return {
      ...unknownTimetable,
      depositsEndMs: endOf(timetable.depositsEnd, timetable.depositsEndMs, 'depositsEnd'),
      spotTradingEndMs: endOf(timetable.spotTradingEnd, timetable.spotTradingEndMs ?? tradingEndMs, 'spotTradingEnd'),
      futuresTradingEndMs: endOf(timetable.futuresTradingEnd, timetable.futuresTradingEndMs, 'futuresTradingEnd'),
      platformEndMs: endOf(timetable.platformEnd, timetable.platformEndMs, 'platformEnd'),
    };
  }
  if (platformEndMs === null) return null;
  return platformEndMs === undefined ? knownTimetable : { ...knownTimetable, platformEndMs };
}
