import type { Incident } from '../incident.ts';

const pausedForDays = 87;

/** An account was paused and forgotten: in two days its oldest unread records fall out of BitMart's reach. */
export const historyAtRisk: Incident = {
  name: 'account at risk in 2 days',
  condensed: `the ${pausedForDays} days since it was paused are taken out of Postgres instead of waited for`,
  runbook: 'BitmartSyncHistoryLostSoon',
  prepare: async () => ({
    async stage(scene) {
      await scene.startWorker();
      await scene.linkAndRead();
      await scene.succeed(['pause', scene.accountId]);
      await forget(scene.system.database, scene.accountId);
      // What the worker would have noted at its last sync.
      const { historyAtRiskAt } = await scene.system.client.forOwner(scene.owner).status(scene.accountId);
      await scene.system.database.query('update account set history_at_risk_at = $2 where account_id = $1', [
        scene.accountId,
        historyAtRiskAt,
      ]);
      return {
        signs: [
          scene.explains('paused'),
          scene.lists(['--all-owners', '--at-risk', '3d']),
          scene.alert('BitmartSyncHistoryLostSoon'),
        ],
        fix: (runbook) => runbook.runWhatExplainSays('paused'),
      };
    },
  }),
};

/** As if nothing had been read since then. */
async function forget(database: { query(text: string, values: unknown[]): Promise<unknown> }, accountId: string) {
  const since = `date_trunc('hour', now()) - interval '${pausedForDays} days'`;
  for (const [table, time] of [
    ['spot_trade', 'traded_at'],
    ['futures_trade', 'traded_at'],
    ['withdrawal', 'requested_at'],
    ['deposit', 'requested_at'],
  ]) {
    await database.query(`delete from ${table} where account_id = $1 and ${time} >= ${since}`, [accountId]);
  }
  await database.query(
    `update coverage set
       covered = covered * tstzmultirange(tstzrange(null, ${since})),
       answered = answered * tstzmultirange(tstzrange(null, ${since})),
       settled_through = least(settled_through, ${since}),
       last_read_end = least(last_read_end, ${since}),
       last_read_at = least(last_read_at, ${since}),
       newest_row_at = null, oldest_row_at = null
     where account_id = $1`,
    [accountId],
  );
}
