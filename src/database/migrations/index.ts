import type { Migration } from 'kysely/migration';
import { accounts } from './0001-accounts.ts';
import { evidence } from './0002-evidence.ts';
import { records } from './0003-records.ts';
import { pace } from './0004-pace.ts';
import { reach } from './0005-reach.ts';
import { changes } from './0006-changes.ts';
import { futuresFlows } from './0007-futures-flows.ts';
import { replays } from './0007-replays.ts';
import { identity } from './0008-identity.ts';
import { events } from './0009-events.ts';
import { fleet } from './0010-fleet.ts';
import { tail } from './0011-tail.ts';
import { commands } from './0012-commands.ts';
import { walk } from './0013-walk.ts';
import { confirmed } from './0014-confirmed.ts';
import { bounds } from './0015-bounds.ts';
import { longPauses } from './0016-long-pauses.ts';
import { linkSessions } from './0017-link-sessions.ts';
import { contracts } from './0021-contracts.ts';
import { transfers } from './0022-transfers.ts';
import { balances } from './0023-balances.ts';
import { earnRecords } from './0024-earn-records.ts';
import { problemFacts } from './0025-problem-facts.ts';
import { roles } from './0026-roles.ts';
import { erasure } from './0027-erasure.ts';
import { subAccountTransfers } from './0030-sub-account-transfers.ts';
import { balanceVerdict } from './0031-balance-verdict.ts';
import { recordsChanged } from './0035-records-changed.ts';
import { confinedFunctions } from './0036-confined-functions.ts';
import { marginLoans } from './0037-margin-loans.ts';
import { keyVerdicts } from './0038-key-verdicts.ts';
import { mergeCounts } from './0039-merge-counts.ts';

/** All migrations by name, in the order in which they run. Listed rather than discovered, so that a bundle contains them. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-accounts': accounts,
  '0002-evidence': evidence,
  '0003-records': records,
  '0004-pace': pace,
  '0005-reach': reach,
  '0006-changes': changes,
  '0007-futures-flows': futuresFlows,
  '0007-replays': replays,
  '0008-identity': identity,
  '0009-events': events,
  '0010-fleet': fleet,
  '0011-tail': tail,
  '0012-commands': commands,
  '0013-walk': walk,
  '0014-confirmed': confirmed,
  '0015-bounds': bounds,
  '0016-long-pauses': longPauses,
  '0017-link-sessions': linkSessions,
  '0021-contracts': contracts,
  '0022-transfers': transfers,
  '0023-balances': balances,
  '0024-earn-records': earnRecords,
  '0025-problem-facts': problemFacts,
  '0026-roles': roles,
  '0027-erasure': erasure,
  '0030-sub-account-transfers': subAccountTransfers,
  '0031-balance-verdict': balanceVerdict,
  '0035-records-changed': recordsChanged,
  '0036-confined-functions': confinedFunctions,
  '0037-margin-loans': marginLoans,
  '0038-key-verdicts': keyVerdicts,
  '0039-merge-counts': mergeCounts,
};
