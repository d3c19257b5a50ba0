import type { Stream } from '../../history/stream.ts';
import type { BitmartStream } from '../bitmart-stream.ts';
import { earnRecords } from './earn-records.ts';
import { futuresFlows } from './futures-flows.ts';
import { futuresTrades } from './futures-trades.ts';
import { marginLoans } from './margin-loans.ts';
import { deposits, withdrawals } from './movements.ts';
import { spotTrades } from './spot-trades.ts';
import { subAccountTransfers } from './sub-account-transfers.ts';
import { transfers } from './transfers.ts';

/** Every history type that is read. A new one is one file here, one table and its tests. */
export const bitmartStreams = [
  spotTrades,
  futuresTrades,
  withdrawals,
  deposits,
  futuresFlows,
  transfers,
  earnRecords,
  subAccountTransfers,
  marginLoans,
] as const satisfies readonly BitmartStream[];

/** Each stream as declared: the client's record types are derived from it. */
export type DeclaredStream = (typeof bitmartStreams)[number]['stream'];

/** `spot-trades`, `futures-trades`, … */
export type StreamName = DeclaredStream['name'];

/** The declarations, without the exchange's part, for the engine, the database and the client. */
export const streams: readonly Stream[] = bitmartStreams.map(({ stream }) => stream);
