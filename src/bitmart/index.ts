/** BitMart: the client, the streams, what its answers and errors mean. See MAPPINGS.md. */

export type { ClampName } from './clamps.ts';
export type { RequestOutcome } from './client.ts';
export { type BitmartOptions, createBitmartExchange } from './exchange.ts';
export { streams } from './streams/index.ts';
