import { faults, type Plan } from './plan.ts';

/**
 * Everything that must have happened at least once before a run may say that nothing was found. What the sandbox can let
 * go wrong and is not here is beneath the engine: the client makes a kind of failure of it, and that kind is here.
 *
 * | sandbox | here |
 * |---|---|
 * | `reset`, `hang`, `truncated`, `cloudflare-403`, `cloudflare-503`, `server-error`, `service-down` | `transient` |
 * | `rate-limited`, switch `limits` | `throttled` |
 * | `banned`, `maintenance`, `cached` | the same |
 * | `error-in-200` | `unexpected`, `refused-key`, `refused-stream`, `not-opened` |
 * | `clock-wrong` | `clock`; an exchange whose clock is wrong about its own records can't be read rightly by anybody |
 * | `null-data` | `null-data` |
 * | `omit-rows`, `ignore-parameters`, `wrong-part`, `malformed-row` | `omits-rows`, `bounds-ignored`, `foreign-part`, `malformed-row` |
 * | `order`, `includesStart`, `includesEnd`, `tradesReachMs`, `movementsReachMs`, `beyondReach`, `lastMovementsOnly` | the manner of the same name |
 * | `caps` | a cap lower than documented |
 * | `clockOffsetMs` | clock offset: our measure of it is what can be wrong |
 * | `latencyMs` | the manner of the same name; slow answers move the retention on during a read |
 * | `visibilityDelayMs` | late records, each with a delay of its own |
 * | `delistedContracts` | contracts not listed yet |
 */
export const necessaryEvents: readonly string[] = [
  ...faults,
  ...['transient', 'maintenance', 'throttled', 'banned', 'refused-key', 'refused-stream', 'not-opened'].map(
    (kind) => `trouble: ${kind}`,
  ),
  'crash before a step',
  'crash after a step',
  'told to stop',
  'two attempts at once',
  'fence lost',
  'streams side by side',
  'key to be replaced',
  'outage of our own',
  'clock offset',
  'beyond the reach: error',
  'answer read again',
  'trouble: nobody answers any more',
  'stream at rest',
  'stream closed',
  'account closed',
  'life: order newest-first',
  'life: order oldest-first',
  'life: order shuffled',
  'life: order any-choice-sorted',
  'life: bounds left out',
  'life: slow answers',
  'life: a cap lower than documented',
  'life: only the last movements served',
  'life: the mapping is fixed',
  'life: contracts not listed yet',
  'life: several streams',
  'life: the exchange closes',
  'record: late, as promised',
  'record: later than promised',
  'record: changes its state',
  'record: pending for weeks',
  'record: can not be read',
  'record: one trade, two orders',
  'record: more than a cap in one unit',
  'record: equal to another in everything',
];

/** What a plan has in it, whatever becomes of it. */
export function eventsOfPlan(plan: Plan): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (event: string, happens: boolean) => happens && counts.set(event, (counts.get(event) ?? 0) + 1);
  const { manner, records } = plan;
  count(`life: order ${manner.order}`, true);
  count('life: bounds left out', !manner.includesStart || !manner.includesEnd);
  count('life: slow answers', manner.latencyMs[1] > 1_000);
  count(
    'life: a cap lower than documented',
    plan.streams.some(({ cap, servedCap }) => servedCap < cap),
  );
  count('life: only the last movements served', manner.lastMovementsOnly !== null);
  count(
    'life: the mapping is fixed',
    plan.mappingFixedAtMs !== null && records.some(({ flaw }) => flaw === 'new-word'),
  );
  count('life: contracts not listed yet', manner.contractsListedFromMs > 0);
  count('life: several streams', plan.streams.length > 1);
  count('life: the exchange closes', plan.timetable !== null);
  const trades = new Set<string>();
  const units = new Map<string, number>();
  for (const record of records) {
    count('record: late, as promised', record.delayMs > 60_000 && record.delayMs <= 86_400_000);
    count('record: later than promised', record.delayMs > 86_400_000);
    count('record: changes its state', record.states.length > 1);
    const last = record.states.at(-1)?.fromMs ?? record.at;
    count('record: pending for weeks', last - record.at > 14 * 86_400_000);
    count('record: can not be read', record.flaw !== null);
    const trade = [record.stream, record.part, record.symbol, record.tradeId].join(' ');
    count('record: one trade, two orders', trades.has(trade));
    trades.add(trade);
    const flow = [record.part, record.at, record.symbol, record.size].join(' ');
    count('record: equal to another in everything', record.stream === 'futures-flows' && trades.has(flow));
    if (record.stream === 'futures-flows') trades.add(flow);
    const unit = [record.stream, record.part, record.at].join(' ');
    units.set(unit, (units.get(unit) ?? 0) + 1);
    const cap = plan.streams.find(({ name }) => name === record.stream)?.cap;
    count('record: more than a cap in one unit', units.get(unit) === cap);
  }
  return counts;
}
