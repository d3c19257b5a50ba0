import { DefaultLogger, type Logger as TemporalLogger } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import type { WorkerConfig } from '../config.ts';
import { errorFields } from './error-fields.ts';

export type Log = Logger;

/** JSON lines for machines, readable lines on a terminal. Nothing that could hold a credential is ever passed to it. */
export function createLog({ logLevel, logFormat }: Pick<WorkerConfig, 'logLevel' | 'logFormat'>): Log {
  const human = (logFormat ?? (process.stderr.isTTY ? 'human' : 'json')) === 'human';
  const options = { level: logLevel, base: null, serializers: { err: errorFields } } as const;
  if (!human) return pino(options, pino.destination(2));
  const target = {
    target: 'pino-pretty',
    options: { destination: 2, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' },
  };
  return pino({ ...options, transport: target });
}

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal's own log lines among ours. Its lines about starting and stopping are logged at debug. */
export function temporalLogger(log: Log): TemporalLogger {
  const temporal = log.child({ component: 'temporal' });
  return new DefaultLogger('TRACE', ({ level, message, meta }) => {
    const lowered = level === 'INFO' ? 'DEBUG' : level;
    temporal[levels[lowered]](printable(meta), message);
  });
}

/** Native errors and BigInts among the fields would not survive JSON. */
function printable(meta: Record<string | symbol, unknown> | undefined): Record<string, unknown> {
  const fields = Object.entries(meta ?? {}).filter(([name]) => name !== 'error');
  const error = meta?.error;
  return {
    ...Object.fromEntries(fields.map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value])),
    ...(error instanceof Error && { err: errorFields(error) }),
  };
}
