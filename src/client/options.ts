import { z } from 'zod';
import { accountStatuses } from '../workflows/messages.ts';
import { ClientError } from './client-error.ts';
import { kindOf, quoted } from './foreign-input.ts';
import { exportFormats } from './question.ts';

/**
 * The checked options of a call: unknown options and wrong types are refused, undefined and null are dropped. Times, cursors,
 * limits and names are checked where they are used.
 */
export function optionsIn<Options extends object>(call: Call, given: Options): Options {
  const { success, data, error } = shapes[call].safeParse(given);
  if (!success) throw wrongOption(call, given, error.issues[0] as z.core.$ZodIssue);
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== undefined && value !== null),
  ) as Options;
}

const any = z.unknown().optional();
const yesOrNo = z.boolean('true or false').nullish();
const callback = z.custom((value) => typeof value === 'function', 'a function').nullish();
const signal = z.custom((value) => value instanceof AbortSignal, 'an AbortSignal').nullish();
/** The longest delay of a Node timer. */
const maxDelayMs = 2 ** 31 - 1;
const delay = z.custom(
  (value) => typeof value === 'number' && value > 0 && value <= maxDelayMs,
  `a number of milliseconds above 0, at most ${maxDelayMs}`,
);
const statusList = `a list of one or more of ${accountStatuses.join(', ')}`;
const statuses = z.array(z.enum(accountStatuses, statusList), statusList).min(1, statusList).nullish();
const filter = { status: statuses, atRiskBefore: any };
const waiting = { timeoutMs: delay.nullish(), everyMs: delay.nullish(), signal };
const range = { from: any, to: any };
const page = { after: any, limit: any };

const shapes = {
  call: z.strictObject({ signal }),
  link: z.strictObject({ label: any, subAccount: any, wait: yesOrNo, signal }),
  check: z.strictObject({ subAccount: any, signal }),
  createLinkSession: z.strictObject({
    returnUrl: any,
    origin: any,
    language: any,
    replaceKey: any,
    label: any,
    signal,
  }),
  list: z.strictObject({ ...filter, signal }),
  coverage: z.strictObject({ evidence: yesOrNo, signal }),
  records: z.strictObject({ ...range, ...page, signal }),
  changes: z.strictObject({ ...page, signal }),
  events: z.strictObject({ accountId: any, ...page, signal }),
  replayWebhooks: z.strictObject({ accountId: any, signal }),
  export: z.strictObject({
    ...range,
    format: z.enum(exportFormats, `one of ${exportFormats.join(', ')}`).nullish(),
    spreadsheet: yesOrNo,
    signal,
  }),
  report: z.strictObject({ onProgress: callback, signal }),
  archive: z.strictObject({ onProgress: callback, signal }),
  sync: z.strictObject({ wait: yesOrNo, onStatus: callback, ...waiting }),
  syncRange: z.strictObject({ timeoutMs: delay.nullish(), signal }),
  unlink: z.strictObject({ erase: yesOrNo, signal }),
  waitFor: z.strictObject(waiting),
  steerFleet: z.strictObject({
    filter: z.union([z.literal('all'), z.strictObject(filter)], 'a filter such as { status: ["live"] }, or "all"'),
    ownerId: any,
    perSecond: z
      .custom((value) => typeof value === 'number' && value > 0 && value <= 1_000, 'a number above 0, at most 1000')
      .nullish(),
    dryRun: yesOrNo,
    onProgress: callback,
    signal,
  }),
} as const;

type Call = keyof typeof shapes;

function wrongOption(call: Call, given: unknown, issue: z.core.$ZodIssue): ClientError {
  const name = call === 'call' ? 'the call' : `\`${call}\``;
  if (issue.code === 'unrecognized_keys') {
    const options = Object.keys(shapes[call].shape);
    const unknown = issue.keys.map(quoted).join(', ');
    return new ClientError(
      'wrong-usage',
      `${name} has no option ${unknown}.`,
      `Its options are ${options.join(', ')}.`,
    );
  }
  const [option] = issue.path;
  if (option === undefined) {
    return new ClientError(
      'wrong-usage',
      `The options of ${name} are ${kindOf(given)}.`,
      'Pass an object such as { signal }, or leave it out.',
    );
  }
  const value = (given as Record<PropertyKey, unknown>)[option];
  return new ClientError(
    'wrong-usage',
    `\`${String(option)}\` of ${name} is ${kindOf(value)}.`,
    `Pass ${issue.message}.`,
  );
}
