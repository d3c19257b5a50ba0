import type { SandboxStream } from '../stream.ts';
import { earnRecords } from './earn-records.ts';
import { futuresFlows } from './futures-flows.ts';
import { futuresTrades } from './futures-trades.ts';
import { marginLoans } from './margin-loans.ts';
import { deposits, withdrawals } from './movements.ts';
import { spotTrades } from './spot-trades.ts';
import { subAccountTransfers } from './sub-account-transfers.ts';
import { transfers } from './transfers.ts';

/** The history types that the sandbox keeps. A new one is one file here, and its endpoint unless it shares one. */
const declared = {
  'spot-trades': spotTrades,
  'futures-trades': futuresTrades,
  withdrawals,
  deposits,
  'futures-flows': futuresFlows,
  transfers,
  'earn-records': earnRecords,
  'sub-account-transfers': subAccountTransfers,
  'margin-loans': marginLoans,
} as const satisfies Readonly<Record<string, SandboxStream>>;

export type StreamName = keyof typeof declared;

export const streams: Readonly<Record<StreamName, SandboxStream>> = declared;

export const streamNames = Object.keys(streams) as readonly StreamName[];

/** Says what is wrong when a name from outside is none of ours. */
export function streamNamed(name: string): StreamName {
  if (name in streams) return name as StreamName;
  throw new Error(`There is no stream "${name}"; there are ${streamNames.join(', ')}.`);
}
