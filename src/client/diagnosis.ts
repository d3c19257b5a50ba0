import type { ClientOptions } from './client.ts';
import { ClientError } from './client-error.ts';
import { placeOf } from './database-failure.ts';
import { exchangeClock } from './exchange-clock.ts';
import { StoredAccounts } from './stored-accounts.ts';

export interface CheckResult {
  /** `configuration`, `database`, `temporal`, `worker`, `exchange (spot)`, `exchange (futures)`. */
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly remedy?: string;
}

/** What a diagnosis looks at. */
export interface Surroundings {
  readonly client: Required<Pick<ClientOptions, 'databaseUrl' | 'databaseSchema' | 'temporal' | 'taskQueue'>>;
  readonly publicKey: string | null;
  readonly platformEndMs?: number | null;
  readonly exchangeHosts: { readonly spot: string; readonly futures: string };
}

// A signed request is refused when our clock is a second ahead; the worker corrects for the offset, but a clock this far
// off says that nobody keeps it.
const offsetMaxMs = 60_000;

/** Looks at everything that a sync needs. Each check stands for itself: one that fails stops none of the others. */
export async function diagnose(surroundings: Surroundings): Promise<readonly CheckResult[]> {
  const { client, publicKey, exchangeHosts } = surroundings;
  const groups = await Promise.all([
    [sealing(publicKey)],
    database(client.databaseUrl, client.databaseSchema).then((check) => [check]),
    temporal(client.temporal, client.taskQueue),
    exchange('exchange (spot)', exchangeHosts.spot).then((check) => [check]),
    exchange('exchange (futures)', exchangeHosts.futures).then((check) => [check]),
  ]);
  return groups.flat();
}

function sealing(publicKey: string | null): CheckResult {
  const name = 'configuration';
  if (publicKey !== null) return { name, ok: true, message: 'complete' };
  return {
    name,
    ok: false,
    message: 'CREDENTIALS_PUBLIC_KEY is not set: accounts can be read and steered, but no key can be linked.',
    remedy: 'Set it to what `keys generate` printed.',
  };
}

async function database(url: string, schema: string): Promise<CheckResult> {
  const name = 'database';
  const accounts = new StoredAccounts(url, schema);
  try {
    await accounts.assertCurrent();
    return { name, ok: true, message: `${placeOf(url)}, schema ${schema} is up to date` };
  } catch (error) {
    return failed(name, error);
  } finally {
    await accounts.close();
  }
}

async function temporal(
  options: Surroundings['client']['temporal'],
  taskQueue: string,
): Promise<readonly CheckResult[]> {
  const { AccountWorkflows } = await import('./temporal.ts');
  const workflows = new AccountWorkflows(options, taskQueue);
  const results: CheckResult[] = [];
  try {
    await workflows.assertReachable();
    results.push({ name: 'temporal', ok: true, message: `${workflows.address}, namespace ${workflows.namespace}` });
    if (!(await workflows.isWorkerPolling())) throw await workflows.explainSilence();
    results.push({ name: 'worker', ok: true, message: `asks for work on task queue ${taskQueue}` });
  } catch (error) {
    if (results.length === 0) results.push(failed('temporal', error));
    else results.push(failed('worker', error));
  } finally {
    await workflows.close();
  }
  return results;
}

async function exchange(name: string, hostUrl: string): Promise<CheckResult> {
  try {
    const { offsetMs } = await exchangeClock(hostUrl);
    const side = offsetMs >= 0 ? 'ahead of' : 'behind';
    const message = `${hostUrl} answers; its clock is ${Math.abs(offsetMs)} ms ${side} ours`;
    if (Math.abs(offsetMs) <= offsetMaxMs) return { name, ok: true, message };
    return { name, ok: false, message, remedy: 'Let this machine’s clock be kept by NTP.' };
  } catch (error) {
    return {
      name,
      ok: false,
      message: `${hostUrl} does not answer with its time (${reasonOf(error)})`,
      remedy:
        'Check the network and the address (BITMART_SPOT_URL, BITMART_FUTURES_URL). Data centres may be turned away at the edge.',
    };
  }
}

function failed(name: string, error: unknown): CheckResult {
  if (error instanceof ClientError) {
    return { name, ok: false, message: error.message, ...(error.remedy === null ? {} : { remedy: error.remedy }) };
  }
  return { name, ok: false, message: reasonOf(error) };
}

// What went wrong on the network is the cause of the error that fetch throws.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name);
}
