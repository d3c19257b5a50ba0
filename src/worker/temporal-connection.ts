import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { createPayloadCodec, type PayloadKeys } from '../credentials/payload-codec.ts';
import { printedAs } from '../secret.ts';
import { closableInterceptors } from '../temporal-interceptors.ts';
import { searchAttributes } from '../workflows/search-attribute-keys.ts';
import type { Log } from './log.ts';

export interface TemporalConnection {
  readonly worker: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly address: string;
  /** The codec with which workers and clients encode payloads. */
  readonly dataConverter: DataConverter;
  close(): Promise<void>;
}

/** Temporal can't be used, and what an operator can do about it. */
export class TemporalUnusable extends Error {
  override readonly name = 'TemporalUnusable';
}

/** Connects according to Temporal's own variables and profiles, and registers missing search attributes. */
export async function connectTemporal(
  log: Pick<Log, 'warn'>,
  payloadKeys: PayloadKeys | null,
): Promise<TemporalConnection> {
  const dataConverter = { payloadCodecs: payloadKeys === null ? [] : [createPayloadCodec(payloadKeys)] };
  const { connectionOptions, namespace: named } = loadClientConnectConfig();
  const namespace = named ?? 'default';
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const worker = await NativeConnection.connect(connectionOptions as Parameters<typeof NativeConnection.connect>[0]);
    // It keeps its options: the API key, and the private half of a client certificate.
    const connection = printedAs(
      `[connection to Temporal at ${address}]`,
      await Connection.connect({ ...connectionOptions, interceptors: closableInterceptors(connectionOptions) }),
    );
    const client = new Client({ connection, namespace, dataConverter });
    await registerSearchAttributes(connection, namespace, log);
    return {
      worker,
      client,
      namespace,
      address,
      dataConverter,
      close: async () => {
        await Promise.allSettled([connection.close(), worker.close()]);
      },
    };
  } catch (error) {
    if (error instanceof TemporalUnusable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemporalUnusable(
      `Temporal at ${address}, namespace ${namespace}, can't be used (${reason}). Start it (\`npm run stack\`), or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.`,
      { cause: error },
    );
  }
}

/** gRPC's permission denied and unimplemented: only operators may list them, or the server does not offer it. */
const notForUs: ReadonlySet<unknown> = new Set([7, 12]);

/** The numbers of Temporal's API. */
const indexedValueTypes = { KEYWORD: 2, DATETIME: 6 } as const;

export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  const known = await connection.operatorService.listSearchAttributes({ namespace }).catch((error: unknown) => {
    if (!notForUs.has((error as { code?: unknown }).code)) throw error;
    log.warn(
      { err: error, searchAttributes: searchAttributes.map((key) => key.name) },
      'the search attributes can not be listed: accounts work once each of these is registered',
    );
    return null;
  });
  if (known === null) return;
  const missing = searchAttributes.filter((key) => !(key.name in (known.customAttributes ?? {})));
  if (missing.length === 0) return;
  const wanted = Object.fromEntries(missing.map((key) => [key.name, indexedValueTypes[key.type]]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
  } catch (error) {
    // Two workers that start at once both try.
    if (/already exist/i.test(String(error))) return;
    const names = missing.map((key) => `${key.name} (${key.type})`).join(', ');
    throw new TemporalUnusable(
      `The search attributes ${names} are missing in namespace ${namespace} and could not be registered (${String(error)}). Register them, or give this worker the right to.`,
      { cause: error },
    );
  }
}
