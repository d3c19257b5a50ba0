import type { MetricGauge, MetricMeter } from '@temporalio/common';
import type { FleetFigures } from '../../database/index.ts';
import { gapReasons } from '../../history/gap.ts';
import { accountStatuses } from '../../workflows/messages.ts';

/** The fleet, as stored in Postgres. Every worker shows the same figures: dashboards and alerts take the `max`, not the sum. */
export function createFleetMetrics(meter: MetricMeter) {
  const gauge = (name: string, description: string, type: 'int' | 'float' = 'int') =>
    meter.createGauge(`bitmart_sync_${name}`, type, '', description);
  const accounts = new LabelledGauge(gauge('accounts', 'Accounts by status'), 'status', accountStatuses);
  const balances = new LabelledGauge(
    gauge('accounts_by_balances', 'Accounts by what their balances say of their records; none: never compared'),
    'verdict',
    verdicts,
  );
  const accountsAtRisk = new LabelledGauge(
    gauge('accounts_at_risk', 'Accounts that begin to lose history within this time; lost: that do already'),
    'within',
  );
  const nextLoss = gauge(
    'seconds_to_next_loss',
    'Until the first account begins to lose history; 0 while one does',
    'float',
  );
  const overdue = gauge('sync_overdue_seconds', 'How long the most overdue account waits for its sync', 'float');
  const notStarted = gauge('accounts_not_started', 'Accounts that wait for their workflow');
  const pausedForLong = gauge('accounts_paused_for_long', 'Accounts that have been paused for more than a day');
  const gaps = new LabelledGauge(
    gauge('gaps', 'Stretches of time that can’t be vouched for, by reason'),
    'reason',
    gapReasons,
  );
  const problems = new LabelledGauge(gauge('accounts_with_problem', 'Accounts by the code of their problem'), 'code');
  const quarantined = gauge('quarantined_rows', 'Rows that could not be read and are kept aside');
  const reach = new LabelledGauge(
    gauge('shown_reach_days', 'The greatest age at which a record of the stream was ever served', 'float'),
    'stream',
  );
  const undelivered = gauge('undelivered_events', 'Events that the webhook has not taken; all, where there is none');
  const keys = new LabelledGauge(gauge('keys_expiring', 'Keys in use that expire within this time'), 'within');
  const cooldown = gauge('cooldown_seconds', 'How much longer an address of ours is paused by BitMart’s ban', 'float');
  const leases = new LabelledGauge(gauge('odd_leases', 'Reservations of turns that should not be there'), 'kind');
  const reports = new LabelledGauge(
    gauge('report_timestamp_seconds', 'When the fleet’s Schedules last finished a run, as seconds since 1970', 'float'),
    'kind',
  );
  const reconciled = new LabelledGauge(
    gauge('reconciled_workflows', 'Workflows that the last reconciliation started, ended or left alone'),
    'change',
  );
  const unproved = gauge('unproved_accounts', 'Accounts of the last audit’s sample whose claims are not proved');
  const readAt = gauge(
    'fleet_read_timestamp_seconds',
    'When these figures were last read from Postgres, as seconds since 1970',
    'float',
  );
  return {
    show(figures: FleetFigures): void {
      accounts.show(figures.accounts);
      balances.show(figures.balances);
      accountsAtRisk.show(figures.accountsAtRisk);
      gaps.show(figures.gaps);
      problems.show(figures.problems);
      keys.show(figures.keysExpiring);
      nextLoss.set(Math.max(0, figures.secondsToNextLoss));
      overdue.set(Math.max(0, figures.syncOverdueSeconds));
      notStarted.set(figures.accountsNotStarted);
      pausedForLong.set(figures.accountsPausedForLong);
      quarantined.set(figures.quarantinedRows);
      reach.show(figures.shownReachDays);
      undelivered.set(figures.undeliveredEvents);
      cooldown.set(Math.max(0, figures.cooldownSeconds));
      leases.show(figures.leases);
      reports.show(figures.reports);
      reconciled.show(figures.reconciled);
      unproved.set(figures.unprovedAccounts);
      readAt.set(figures.readAtMs / 1_000);
    },
  };
}

const verdicts = ['balanced', 'unexplained', 'not-comparable', 'none'];

/**
 * One gauge by one label. Known values are shown as 0 from the start, so that a dashboard always has data; so is a vanished one,
 * because its last figure would stay forever.
 */
class LabelledGauge {
  readonly #gauge: MetricGauge;
  readonly #label: string;
  readonly #shown: Set<string>;

  constructor(gauge: MetricGauge, label: string, known: readonly string[] = []) {
    this.#gauge = gauge;
    this.#label = label;
    this.#shown = new Set(known);
  }

  show(values: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(values)) this.#shown.add(name);
    for (const name of this.#shown) this.#gauge.set(values[name] ?? 0, { [this.#label]: name });
  }
}
