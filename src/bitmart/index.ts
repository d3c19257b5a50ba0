/** BitMart: the client, the streams, and the meaning of its answers and errors. See MAPPINGS.md. */

export type { ClampName } from './clamps.ts';
export type { RequestOutcome } from './client.ts';
export { type BitmartOptions, createBitmartExchange } from './exchange.ts';
export { streams } from './streams/index.ts';
