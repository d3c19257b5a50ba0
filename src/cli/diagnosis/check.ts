import { ClientError } from '../../client/client-error.ts';

export interface CheckResult {
  readonly name: CheckName;
  readonly ok: boolean;
  /** It was not checked, because something that it depends on failed. */
  readonly skipped?: true;
  readonly message: string;
  readonly remedy?: string;
}

export type CheckName =
  | 'configuration'
  | 'key ring'
  | 'database'
  | 'schema'
  | 'roles'
  | 'shown reach'
  | 'space'
  | 'temporal'
  | 'namespace'
  | 'search attributes'
  | 'worker'
  | 'exchange (spot)'
  | 'exchange (futures)'
  | 'clock'
  | 'webhook';

export interface Check {
  readonly name: CheckName;
  /** Returns what is in order; throws if something is not. */
  readonly look: () => Promise<string>;
}

/** Runs checks in order; after a failure the remaining ones, which depend on it, are skipped. */
export async function inTurn(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  let failed: CheckName | null = null;
  for (const { name, look } of checks) {
    const result: CheckResult = failed === null ? await seen(name, look) : skipped(name, failed);
    if (!result.ok) failed ??= name;
    results.push(result);
  }
  return results;
}

export async function seen(name: CheckName, look: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, ok: true, message: await look() };
  } catch (error) {
    const remedy = error instanceof ClientError && error.remedy !== null ? { remedy: error.remedy } : {};
    return { name, ok: false, message: reasonOf(error), ...remedy };
  }
}

export function skipped(name: CheckName, failed: CheckName): CheckResult {
  return { name, ok: false, skipped: true, message: `not looked at, because it needs what failed: ${failed}` };
}

/** The failure of a check. */
export function wrong(message: string, remedy: string): ClientError {
  return new ClientError('unexpected', message, remedy);
}

// The network error is the cause of the error that fetch throws.
export function reasonOf(error: unknown): string {
  if (error instanceof ClientError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name);
}
