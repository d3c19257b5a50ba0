export interface DatabaseTrouble {
  readonly condition: DatabaseCondition;
  /** SQLSTATE, or the driver's own code. */
  readonly code: string | null;
  /** What happened: a sentence without its full stop. */
  readonly sentence: string;
  /** What an operator can do about it. */
  readonly remedy: string;
}

/**
 * Why Postgres could not execute a statement. Each condition passes, sometimes with an operator's help; until then work is put
 * off, and nothing is lost, because a page is stored whole or not at all.
 */
const words = {
  unreachable: {
    sentence: "Postgres can't be reached",
    remedy: 'Start it, or repair the way to it (DATABASE_URL, the network).',
  },
  restarting: {
    sentence: 'Postgres is starting, stopping, or has ended this connection',
    remedy: 'Wait; if it lasts, its own log says why.',
  },
  'not-trusted': {
    sentence:
      'The TLS connection to Postgres is not as DATABASE_URL requires: another certificate, another name, or no TLS',
    remedy: 'Correct the host, `sslmode` and `sslrootcert` in DATABASE_URL, or the certificate of the server.',
  },
  'login-refused': {
    sentence: 'Postgres refuses this login, or has no such database',
    remedy: 'Correct DATABASE_URL, or the rights of its role.',
  },
  'pooler-refused': {
    sentence: 'The connection pooler in front of Postgres refuses this connection',
    remedy: 'Its log says why: too many clients, a login or database that it does not know, or no server behind it.',
  },
  'connections-taken': {
    sentence: 'Every connection that Postgres allows is taken',
    remedy: 'End idle sessions (pg_stat_activity), or raise max_connections.',
  },
  'pool-exhausted': {
    sentence: 'All connections of this process to Postgres are in use',
    remedy: 'Check what they wait for (pg_stat_activity); raise DATABASE_CONNECTIONS if Postgres has capacity left.',
  },
  'disk-full': {
    sentence: 'Postgres has no space left on its disk',
    remedy: 'Free space there, or give it a larger disk.',
  },
  'out-of-resources': {
    sentence: 'Postgres lacks memory, or has used up another resource',
    remedy: 'Its own log says which; give it more.',
  },
  'read-only': {
    sentence: 'Postgres accepts no writes: it is read-only',
    remedy: 'After a switch-over DATABASE_URL must name the new primary.',
  },
  'storage-failing': {
    sentence: "Postgres can't read or write its files",
    remedy: 'Check its own log and its disk.',
  },
  interrupted: {
    sentence: 'Postgres ended a statement that took too long',
    remedy: 'Check what delays it (pg_stat_activity: locks, a slow disk), and its timeouts.',
  },
  conflict: {
    sentence: 'Two transactions conflicted, and Postgres ended one of them',
    remedy: 'Try again; a worker does so automatically.',
  },
} as const satisfies Readonly<Record<string, Pick<DatabaseTrouble, 'sentence' | 'remedy'>>>;

export type DatabaseCondition = keyof typeof words;

export const databaseConditions = Object.keys(words) as readonly DatabaseCondition[];

/** SQLSTATEs by their beginning, longer ones first. (PostgreSQL's documentation, appendix A.) */
const conditions: readonly (readonly [RegExp, DatabaseCondition])[] = [
  [/^53100/, 'disk-full'],
  [/^53300/, 'connections-taken'],
  [/^53/, 'out-of-resources'],
  [/^(57014|57P05|25P03|25P04|55P03)/, 'interrupted'],
  [/^57P0[123]/, 'restarting'],
  [/^25006/, 'read-only'],
  [/^40(001|P01)/, 'conflict'],
  [/^(28|3D|57P04|08004)/, 'login-refused'],
  [/^58/, 'storage-failing'],
  // Not the whole class: 08007 and 08P01 concern a statement.
  [/^0800[0136]/, 'unreachable'],
  // Node's codes for a certificate that it does not trust.
  [/^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO)/, 'not-trusted'],
  [/^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE)/, 'unreachable'],
];

/** A quota, or a limit on the size of a file, is not ENOSPC: Postgres has no code for it, but names the routine. */
const extendingRoutines = ['mdextend', 'mdzeroextend'];

/** The condition behind an error; null if the error has another cause. */
export function databaseTrouble(error: unknown): DatabaseTrouble | null {
  if (!(error instanceof Error)) return null;
  const code = codeOf(error);
  const condition = conditionOf(error, code);
  return condition === null ? null : { condition, code, ...words[condition] };
}

function conditionOf(error: Error, code: string | null): DatabaseCondition | null {
  // An error with its own name is not from Postgres.
  if (code === null) return error.name === 'Error' ? conditionWithoutCode(error.message) : null;
  if (code === 'XX000' && extendingRoutines.includes(String((error as { routine?: unknown }).routine))) {
    return 'disk-full';
  }
  // Postgres's socket is missing; other files are not Postgres's.
  if ((code === 'ENOENT' || code === 'EACCES') && (error as { syscall?: unknown }).syscall === 'connect') {
    return 'unreachable';
  }
  // PgBouncer refuses a connection with it. As a plain error it concerns a statement on a working connection.
  if (code === '08P01') return (error as { severity?: unknown }).severity === 'FATAL' ? 'pooler-refused' : null;
  return conditions.find(([pattern]) => pattern.test(code))?.[1] ?? null;
}

/** Errors of the driver itself have no code. */
function conditionWithoutCode(message: string): DatabaseCondition | null {
  if (/^timeout exceeded when trying to connect/.test(message)) return 'pool-exhausted';
  if (/server does not support SSL/.test(message)) return 'not-trusted';
  if (/connection terminated|has encountered a connection error|^timeout expired/i.test(message)) return 'unreachable';
  return null;
}

/** A host with several addresses fails with one error for each of them. */
function codeOf(error: Error): string | null {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = (first as { code?: unknown } | undefined)?.code ?? (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
}

/** The trouble of a pool without a free connection, which is noticed before anything fails. */
export function poolExhausted(connections: number, waiting: number): DatabaseTrouble {
  const sentence = `Every connection to Postgres that this process may have (${connections}) is in use, with ${waiting} waiting for one`;
  return { condition: 'pool-exhausted', code: null, ...words['pool-exhausted'], sentence };
}
