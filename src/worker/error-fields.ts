import { pino } from 'pino';

/** What is logged of an error. The driver of Postgres hangs the row that failed on its errors, which is left out. */
export function errorFields(error: Error): object {
  const { type, message, stack, code } = pino.stdSerializers.err(error);
  return { type, message, stack, ...(code !== undefined && { code }) };
}
