import { loadClientConnectConfig } from '@temporalio/envconfig';
import { realHosts } from '../bitmart/hosts.ts';
import { parseTimetable } from '../bitmart/timetable.ts';
import { ClientError } from '../client/client-error.ts';
import type { ClientOptions, ClientSettings } from '../client/client-options.ts';
import { linkUrlOf } from '../client/link-url.ts';
import { createPayloadCodec, readPayloadKeys } from '../credentials/payload-codec.ts';
import type { RingEnvironment } from '../credentials/ring-source.ts';
import type { Timetable } from '../history/timetable.ts';
import { Secret } from '../secret.ts';
import type { WebhookEnvironment } from '../webhook/webhook-configuration.ts';

/** The command line's environment. */
export interface Surroundings {
  /** Secret because of the password in the database's address and the credentials for Temporal. */
  readonly client: Secret<ClientOptions & Pick<ClientSettings, 'databaseSchema' | 'temporal' | 'taskQueue'>>;
  /** Names the private ring, if this is also the worker's environment. */
  readonly ring: RingEnvironment;
  readonly exchangeHosts: { readonly spot: string; readonly futures: string };
  readonly webhook: Secret<WebhookEnvironment>;
}

/** Reads the environment. Throws one list of everything that is wrong with it. */
export function surroundingsOf(env: NodeJS.ProcessEnv): Surroundings {
  const wrong: string[] = [];
  const databaseUrl = env.DATABASE_URL ?? '';
  if (!/^postgres(ql)?:\/\//.test(databaseUrl)) {
    wrong.push('DATABASE_URL is missing or no Postgres URL (postgres://user:password@host:5432/database)');
  }
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: { ...env } as never });
  let timetable: Timetable | null | undefined;
  try {
    if (env.BITMART_TIMETABLE) timetable = parseTimetable(env.BITMART_TIMETABLE);
  } catch (error) {
    wrong.push(`BITMART_TIMETABLE ${(error as Error).message}`);
  }
  let payloadCodec: ReturnType<typeof createPayloadCodec> | undefined;
  try {
    if (env.PAYLOAD_KEY_FILE) payloadCodec = createPayloadCodec(readPayloadKeys(env.PAYLOAD_KEY_FILE));
  } catch (error) {
    wrong.push(`PAYLOAD_KEY_FILE: ${(error as Error).message}`);
  }
  if (wrong.length > 0) {
    throw new ClientError(
      'wrong-configuration',
      `The configuration is wrong:\n${wrong.map((line) => `  - ${line}`).join('\n')}`,
      'Set these in the environment; docs/configuration.md lists them all.',
    );
  }
  return {
    client: new Secret({
      databaseUrl,
      databaseSchema: env.DATABASE_SCHEMA || 'bitmart_sync',
      temporal: {
        ...connectionOptions,
        ...(namespace === undefined ? {} : { namespace }),
        ...(payloadCodec && { payloadCodec }),
      },
      taskQueue: env.TASK_QUEUE || 'bitmart-sync',
      linkUrl: linkUrlOf(env),
      publicKey: env.CREDENTIALS_PUBLIC_KEY || undefined,
      timetable,
    }),
    ring: {
      CREDENTIALS_KEY_FILE: env.CREDENTIALS_KEY_FILE,
      CREDENTIALS_KEY_COMMAND: env.CREDENTIALS_KEY_COMMAND,
    },
    exchangeHosts: {
      spot: env.BITMART_SPOT_URL || realHosts.spot,
      futures: env.BITMART_FUTURES_URL || realHosts.futures,
    },
    webhook: new Secret({
      WEBHOOK_URL: env.WEBHOOK_URL || undefined,
      WEBHOOK_SECRET: env.WEBHOOK_SECRET || undefined,
      WEBHOOK_ADDRESSES: env.WEBHOOK_ADDRESSES || undefined,
    }),
  };
}
