import { Context } from '@temporalio/activity';
import {
  accountsMostAtRisk,
  accountsPausedForLong,
  fleetAccountsAfter,
  fleetFigures,
  newestFleetReport,
  noteAccountsAtRisk,
  orphansBetween,
  saveFleetReport,
} from '../database/index.ts';
import type { Activities, CoverageSample, RetentionReport, UnprovedStretch } from './contract.ts';
import type { Dependencies } from './dependencies.ts';

/** A run takes seconds; every 6 hours, that is 400 accounts a day. */
const sampledAccounts = 100;
/** As many as a person can handle in a day. */
const maxNamedAccounts = 20;
/** The same notice that the platform gets by `at-risk`. */
const reportedDays = 14;

/** Reports what expires soon, and whether stored pages prove what is claimed: for 100 accounts at a time, in rotation. */
export function createAuditRetention(dependencies: Dependencies): Activities['auditRetention'] {
  return async () => {
    const { database, settings } = dependencies;
    const { timetable } = settings;
    const newlyAtRisk = await noteAccountsAtRisk(database, timetable);
    const figures = await fleetFigures(database, { timetable });
    const worst = await accountsMostAtRisk(database, {
      withinDays: reportedDays,
      limit: maxNamedAccounts,
      timetable,
    });
    const report: RetentionReport = {
      accounts: Object.values(figures.accounts).reduce((sum, count) => sum + count, 0),
      losing: figures.accountsAtRisk.lost,
      within1Day: figures.accountsAtRisk['1d'],
      within3Days: figures.accountsAtRisk['3d'],
      within14Days: figures.accountsAtRisk['14d'],
      pausedForLong: figures.accountsPausedForLong,
      newlyAtRisk,
      worst,
      paused: await accountsPausedForLong(database, maxNamedAccounts),
      sample: await sampleCoverage(dependencies),
    };
    await saveFleetReport(database, 'retention-audit', report);
    return report;
  };
}

async function sampleCoverage({ database, verifyCoverage }: Dependencies): Promise<CoverageSample> {
  const last = await newestFleetReport<RetentionReport>(database, 'retention-audit');
  const after = last?.report.sample.throughAccount ?? '';
  const accounts = await fleetAccountsAfter(database, after, sampledAccounts);
  const unproved: UnprovedStretch[] = [];
  for (const [position, { accountId }] of accounts.entries()) {
    Context.current().heartbeat({ accounts: position });
    unproved.push(...(await verifyCoverage(accountId)).map((stretch) => ({ accountId, ...stretch })));
  }
  // At the end of the list the next audit starts over.
  const throughAccount = accounts.length < sampledAccounts ? null : (accounts.at(-1)?.accountId ?? null);
  return {
    accounts: accounts.length,
    throughAccount,
    orphans: await orphansBetween(database, { after, through: throughAccount, limit: maxNamedAccounts }),
    unprovedAccounts: new Set(unproved.map((stretch) => stretch.accountId)).size,
    unproved: unproved.slice(0, maxNamedAccounts),
  };
}
