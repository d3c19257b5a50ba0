import { faults, type Plan, streamNames, troubleKinds } from './plan.ts';
import { identityOf } from './watch.ts';

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
 * | `order`, `includesStart`, `includesEnd`, `lastMovementsOnly` | the manner of the same name |
 * | `tradesReachMs`, `movementsReachMs`, `beyondReach` | a reach of its own for every part |
 * | `caps` | a cap lower than documented |
 * | `clockOffsetMs` | clock offset: our measure of it is what can be wrong |
 * | `latencyMs` | the manner of the same name; slow answers move the retention on during a read |
 * | `visibilityDelayMs` | late records, each with a delay of its own |
 * | `delistedContracts` | contracts not listed yet |
 */
export const necessaryEvents: readonly string[] = [
  ...faults,
  ...troubleKinds.map((kind) => `trouble: ${kind}`),
  ...['transient', 'unexpected', 'null-data'].map((kind) => `window fails: ${kind}`),
  'crash before a step',
  'crash after a step',
  'had to stop',
  'two attempts at once',
  'fence lost',
  'streams side by side',
  'key to be replaced',
  'outage of our own',
  'clock offset',
  'edge: beyond-reach',
  'edge: unexpected',
  'delisted symbol refused',
  'requests under way together',
  'answers out of their order',
  'request thrown away',
  'lagging replica',
  'cut before the part',
  'range read on demand',
  'range read first with a new key',
  'accounts merged',
  'answer read again',
  'trouble: no more answers',
  'stream resting',
  'account closed',
  'run: order newest-first',
  'run: order oldest-first',
  'run: order shuffled',
  'run: order any-choice-sorted',
  'run: bounds left out',
  'run: slow answers',
  'run: a cap lower than documented',
  'run: only the last movements served',
  'run: the mapping is fixed',
  'run: contracts not listed yet',
  'run: several streams',
  ...streamNames.map((name) => `run: stream ${name}`),
  'run: the exchange closes',
  'run: served for longer than documented',
  'run: served for less than documented',
  'run: the edge jumps',
  'run: a new key is served more',
  'record: gone before its reach ends',
  'record: the same identity with another time',
  'record: late, as promised',
  'record: later than promised',
  'record: changes its state',
  'record: pending for weeks',
  'record: can not be read',
  'record: one trade, two orders',
  'record: more than a cap in one unit',
  'record: equal to another in everything',
];

/** Required of sets of thousands of runs: in every second set of 400 they never happen. */
export const seldomEvents: readonly string[] = ['stream closed'];

/** What a plan has in it, whatever becomes of it. */
export function eventsOfPlan(plan: Plan): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (event: string, happens: boolean) => happens && counts.set(event, (counts.get(event) ?? 0) + 1);
  const { manner, records } = plan;
  count(`run: order ${manner.order}`, true);
  count('run: bounds left out', !manner.includesStart || !manner.includesEnd);
  count('run: slow answers', manner.latencyMs[1] > 1_000);
  count(
    'run: a cap lower than documented',
    plan.streams.some(({ cap, servedCap }) => servedCap < cap),
  );
  count('run: only the last movements served', manner.lastMovementsOnly !== null);
  count('run: the mapping is fixed', plan.mappingFixedAtMs !== null && records.some(({ flaw }) => flaw === 'new-word'));
  count('run: contracts not listed yet', manner.contractsListedFromMs > 0);
  const reaches = plan.reaches.flatMap(({ steps }) => steps.map(({ reachMs }) => reachMs / 86_400_000));
  count('run: served for longer than documented', Math.max(...reaches) > 100);
  count('run: served for less than documented', Math.min(...reaches) < 89);
  count(
    'run: the edge jumps',
    plan.reaches.some(({ jumpMs }) => jumpMs > 0),
  );
  count(
    'run: a new key is served more',
    plan.reaches.some(({ steps: [before, after] }) => (after?.reachMs ?? 0) > (before?.reachMs ?? 0)),
  );
  count('run: several streams', plan.streams.length > 1);
  for (const { name } of plan.streams) count(`run: stream ${name}`, true);
  count('run: the exchange closes', plan.timetable !== null);
  const identities = records.filter(({ stream }) => stream !== 'futures-flows').map(identityOf);
  count('record: the same identity with another time', new Set(identities).size < identities.length);
  const trades = new Set<string>();
  const units = new Map<string, number>();
  for (const record of records) {
    count('record: late, as promised', record.delayMs > 60_000 && record.delayMs <= 86_400_000);
    count('record: later than promised', record.delayMs > 86_400_000);
    count('record: gone before its reach ends', record.goneFromMs !== null);
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
