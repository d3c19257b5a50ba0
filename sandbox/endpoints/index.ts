import type { Endpoint } from '../call.ts';
import { accountInfo } from './account-info.ts';
import { futuresAssets, spotWallet, wallet } from './balances.ts';
import { closedOrders } from './closed-orders.ts';
import { contractDetails } from './contract-details.ts';
import { fixedEarnRecords, flexibleEarnRecords } from './earn-records.ts';
import { futuresFlows } from './futures-flows.ts';
import { futuresTrades } from './futures-trades.ts';
import { marginAccount } from './margin-account.ts';
import { borrowRecords, repayRecords } from './margin-loans.ts';
import { movementDetail, movements } from './movements.ts';
import { currencies, symbolDetails } from './reference-data.ts';
import { spotTrades } from './spot-trades.ts';
import { mainTransferList, subTransferHistory } from './sub-account-transfers.ts';
import { systemService, systemTime } from './system.ts';
import { transfers } from './transfers.ts';

const all: readonly Endpoint[] = [
  systemTime,
  systemService,
  contractDetails,
  symbolDetails,
  currencies,
  accountInfo,
  wallet,
  spotWallet,
  futuresAssets,
  spotTrades,
  closedOrders,
  futuresTrades,
  futuresFlows,
  movements,
  movementDetail,
  transfers,
  flexibleEarnRecords,
  fixedEarnRecords,
  mainTransferList,
  subTransferHistory,
  marginAccount,
  borrowRecords,
  repayRecords,
];

/** Everything that can be asked, by path. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map(all.map((endpoint) => [endpoint.path, endpoint]));
