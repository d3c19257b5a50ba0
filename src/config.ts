import { existsSync } from 'node:fs';
import { z } from 'zod';
import { isRealHost, realHosts } from './bitmart/hosts.ts';
import { knownTimetable, parseTimetable, type Timetable } from './bitmart/timetable.ts';
import { BadKeyRing, parseKeyRing } from './credentials/key-ring.ts';
import { BadPayloadKeys, type PayloadKeys, readPayloadKeys } from './credentials/payload-codec.ts';
import { type RingEnvironment, type RingSource, ringSourceOf } from './credentials/ring-source.ts';
import { parseDuration } from './duration.ts';
import { Secret } from './secret.ts';
import { webhookOf } from './webhook/webhook-configuration.ts';

/** Everything that is wrong with the environment, one line each. Nothing was started. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** `90s`, `15m`, `1h`, `24h`, `7d` as milliseconds. */
const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.addIssue({ code: 'custom', message: `must be a duration like 90s, 15m or 24h, not "${text}"` });
  return z.NEVER;
});

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .refine((url) => !isRealHost(url) || new URL(url).protocol === 'https:', {
    error: 'must be https: over plain http keys could be read on the way',
  });
const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be an address like postgres://user:password@host:5432/database',
});
const wholeNumber = z.coerce
  .number({ error: 'must be a number' })
  .int('must be a whole number')
  .positive('must be above 0');
const address = z.string().regex(/^[^:\s]*:\d{1,5}$/, 'must be an address like 0.0.0.0:9464');

const shape = z.object({
  DATABASE_URL: postgresUrl,
  DATABASE_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,55}$/, 'must be a plain schema name')
    .default('bitmart_sync'),
  TASK_QUEUE: z.string().min(1).default('bitmart-sync'),
  BITMART_SPOT_URL: httpUrl.default(realHosts.spot),
  BITMART_FUTURES_URL: httpUrl.default(realHosts.futures),
  BITMART_PLAIN_HTTP: z.literal('sandbox', { error: 'must be "sandbox" or absent' }).optional(),
  BITMART_TIMETABLE: z.string().transform(timetable).default(knownTimetable),
  BITMART_LIMITS: z.enum(['published', 'none'], { error: 'must be "published" or "none"' }).default('published'),
  RATE_SHARE: z.coerce
    .number({ error: 'must be a number' })
    .gt(0, 'must be above 0')
    .max(1, 'must not be above 1')
    .default(0.9),
  // `refuse-withdraw` accepts a key that can trade with a warning; `read-only` refuses it as well; `any` warns only.
  KEY_POLICY: z
    .enum(['refuse-withdraw', 'read-only', 'any'], { error: 'must be "refuse-withdraw", "read-only" or "any"' })
    .default('refuse-withdraw'),
  EGRESS_ID: z.string().min(1).default('default'),
  EGRESS_ADDRESSES: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .default([]),
  PAYLOAD_KEY_FILE: z.string().min(1).transform(payloadKeys).optional(),
  SYNC_INTERVAL: duration.default(3_600_000),
  REREAD_WINDOW: duration.default(86_400_000),
  SETTLE_LAG: duration.default(10_000),
  SWEEP_INTERVAL: duration.default(7 * 86_400_000),
  // An attempt may take five minutes, including its last page and its answer.
  CHUNK_SECONDS: wholeNumber.max(240, 'must not be above 240').default(60),
  CHUNK_PAGES: wholeNumber.default(300),
  ACTIVITY_SLOTS: wholeNumber.default(100),
  WORKFLOW_BUNDLE: z.string().min(1).refine(existsSync, 'must be an existing file').optional(),
  DATABASE_CONNECTIONS: wholeNumber.default(20),
  REQUESTS_AT_ONCE: wholeNumber.default(64),
  TEMPORAL_DEPLOYMENT_NAME: z.string().min(1).default('bitmart-sync'),
  TEMPORAL_WORKER_BUILD_ID: z.string().min(1).optional(),
  RECONCILE_INTERVAL: duration.default(900_000),
  RETENTION_AUDIT_INTERVAL: duration.default(21_600_000),
  METRICS_ADDRESS: address.optional(),
  HEALTH_ADDRESS: address.optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { error: 'must be a log level' })
    .default('info'),
  LOG_FORMAT: z.enum(['human', 'json'], { error: 'must be "human" or "json"' }).optional(),
});

/** The worker's configuration. Printed, it shows no secret. */
export type WorkerConfig = Awaited<ReturnType<typeof loadWorkerConfig>>;

/** The worker's configuration. Throws ConfigurationError with everything that is wrong. */
export async function loadWorkerConfig(env: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = shape.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map(describe);
  const exchangeIsReal = [
    given.BITMART_SPOT_URL ?? realHosts.spot,
    given.BITMART_FUTURES_URL ?? realHosts.futures,
  ].some(isRealHost);
  if (given.BITMART_LIMITS === 'none' && exchangeIsReal) {
    problems.push('BITMART_LIMITS: "none" is for a sandbox and refused together with the real hosts');
  }
  problems.push(...plainHttp(given));
  const { webhook, problems: webhookProblems } = webhookOf(given, { exchangeIsReal });
  problems.push(...webhookProblems);
  const ring = await usableRing(given);
  if (typeof ring === 'string') problems.push(ring);
  if (!parsed.success || typeof ring === 'string' || problems.length > 0) throw new ConfigurationError(problems);
  const { data } = parsed;
  return {
    databaseUrl: new Secret(data.DATABASE_URL),
    databaseSchema: data.DATABASE_SCHEMA,
    taskQueue: data.TASK_QUEUE,
    spotUrl: data.BITMART_SPOT_URL,
    futuresUrl: data.BITMART_FUTURES_URL,
    limits: data.BITMART_LIMITS,
    rateShare: data.RATE_SHARE,
    keyPolicy: data.KEY_POLICY,
    egressId: data.EGRESS_ID,
    /** The addresses that a user has to bind a key to. */
    egressAddresses: data.EGRESS_ADDRESSES,
    /** Null for an exchange without an end. */
    timetable: data.BITMART_TIMETABLE,
    keyRing: ring,
    /** Encrypt what Temporal stores; null: nothing is encrypted. */
    payloadKeys: data.PAYLOAD_KEY_FILE ?? null,
    syncIntervalMs: data.SYNC_INTERVAL,
    rereadWindowMs: data.REREAD_WINDOW,
    settleLagMs: data.SETTLE_LAG,
    sweepIntervalMs: data.SWEEP_INTERVAL,
    chunkMs: data.CHUNK_SECONDS * 1_000,
    chunkPages: data.CHUNK_PAGES,
    /** Accounts, or stream groups of a backfill, that one process works on at a time. */
    activitySlots: data.ACTIVITY_SLOTS,
    /** The file of the workflows' code; null: it is bundled at the start. */
    workflowBundle: data.WORKFLOW_BUNDLE ?? null,
    databaseConnections: data.DATABASE_CONNECTIONS,
    /** Requests to the exchange that one process has in flight. */
    requestsAtOnce: data.REQUESTS_AT_ONCE,
    /** The worker's version, if several run side by side; null: workflows are not bound to a version. */
    version:
      data.TEMPORAL_WORKER_BUILD_ID === undefined
        ? null
        : { deploymentName: data.TEMPORAL_DEPLOYMENT_NAME, buildId: data.TEMPORAL_WORKER_BUILD_ID },
    reconcileIntervalMs: data.RECONCILE_INTERVAL,
    retentionAuditIntervalMs: data.RETENTION_AUDIT_INTERVAL,
    /** Where events are posted to; null: nowhere. */
    webhook,
    metricsAddress: data.METRICS_ADDRESS ?? null,
    healthAddress: data.HEALTH_ADDRESS ?? null,
    logLevel: data.LOG_LEVEL,
    logFormat: data.LOG_FORMAT ?? null,
  };
}

function describe(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0] ?? 'environment');
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return missing ? `${name} is missing` : `${name} ${issue.message}`;
}

/** A key that is sent in plain text to another machine can be read on the way. */
function plainHttp(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (given.BITMART_PLAIN_HTTP === 'sandbox') return [];
  return (['BITMART_SPOT_URL', 'BITMART_FUTURES_URL'] as const).flatMap((name) => {
    const url = URL.canParse(given[name] ?? '') ? new URL(given[name] as string) : null;
    if (url?.protocol !== 'http:' || isLoopback(url.hostname) || isRealHost(url.href)) return [];
    return [
      `${name} is plain http to another machine, where keys could be read on the way. For a sandbox set BITMART_PLAIN_HTTP=sandbox`,
    ];
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function timetable(text: string, context: z.RefinementCtx): Timetable | null {
  try {
    return parseTimetable(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}

/** The ring's source, read once to check it; or what is wrong with it. */
async function usableRing(env: RingEnvironment): Promise<RingSource | string> {
  const name = env.CREDENTIALS_KEY_COMMAND ? 'CREDENTIALS_KEY_COMMAND' : 'CREDENTIALS_KEY_FILE';
  try {
    const source = ringSourceOf(env);
    if (source === null) return `${name} is missing (or give CREDENTIALS_KEY_COMMAND)`;
    parseKeyRing((await source.read()).reveal());
    return source;
  } catch (error) {
    if (!(error instanceof BadKeyRing)) throw error;
    return `${name} is not usable: ${error.message}`;
  }
}

function payloadKeys(file: string, context: z.RefinementCtx): PayloadKeys {
  try {
    return readPayloadKeys(file);
  } catch (error) {
    if (!(error instanceof BadPayloadKeys)) throw error;
    context.addIssue({ code: 'custom', message: `can't be used. ${error.message}` });
    return z.NEVER;
  }
}
