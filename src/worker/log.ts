import { DefaultLogger, type Logger as TemporalLogger } from '@temporalio/worker';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { WorkerConfig } from '../config.ts';
import type { HistoryStore } from '../history/ports.ts';

export type Log = Logger;

/** JSON lines for machines, readable lines on a terminal. Nothing that could hold a credential is ever passed to it. */
export function createLog({ logLevel, logFormat }: Pick<WorkerConfig, 'logLevel' | 'logFormat'>): Log {
  const human = (logFormat ?? (process.stderr.isTTY ? 'human' : 'json')) === 'human';
  const options = { level: logLevel, base: null, serializers: { err: errorFields } } as const;
  if (!human) return pino(options, createDestination());
  const target = {
    target: 'pino-pretty',
    options: { destination: 2, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' },
  };
  return pino({ ...options, transport: target });
}

/**
 * Lines to stderr, which hold up nothing. After one that can't be written, as on a full disk, lines are lost for a while: that
 * must not end the worker, nor keep it from ending.
 */
function createDestination(): DestinationStream {
  let lines: Destination | null = null;
  let lostAtMs = Number.NEGATIVE_INFINITY;
  return {
    write(line) {
      if (lines === null && performance.now() - lostAtMs >= silenceMs) lines = opened();
      lines?.write(line);
    },
  };

  function opened(): Destination {
    const destination = pino.destination(2);
    destination.on('error', () => {
      lines = null;
      lostAtMs = performance.now();
      // What it still holds would be tried again for as long as the process ends.
      Object.assign(destination, { write: () => true, flush() {}, flushSync() {}, end() {} });
    });
    return destination;
  }
}

type Destination = ReturnType<typeof pino.destination>;

const silenceMs = 10_000;

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

/** The logged fields of an error. Postgres's driver attaches the failed row to its errors, which is left out. */
export function errorFields(error: Error): object {
  const { type, message, stack, code } = pino.stdSerializers.err(error);
  return { type, message, stack, ...(code !== undefined && { code }) };
}

/** The same store, with one log line per page: what was requested, what it proved, and BitMart's own trace of it. */
export function loggingPages(store: HistoryStore, log: Log): HistoryStore {
  return {
    ...store,
    async commitPage(part, fence, page, decide) {
      const outcome = await store.commitPage(part, fence, page, decide);
      const { verdict } = outcome.decision;
      log.debug(
        {
          account: part.accountId,
          stream: part.stream.name,
          part: part.part,
          page: outcome.pageId,
          from: new Date(page.question.core.from).toISOString(),
          to: new Date(page.question.core.to).toISOString(),
          rows: page.rows.length,
          verdict: verdict.kind,
          ...(verdict.kind === 'no-evidence' && { reason: verdict.reason }),
          trace: page.trace,
        },
        'page',
      );
      return outcome;
    },
  };
}
