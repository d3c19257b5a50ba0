import type { Plan, PlannedAttempt, PlannedRange, PlannedReach, PlannedRecord } from './plan.ts';

/** A plan as a person reads it: what exists, what goes wrong, when is read. */
export function describePlan(plan: Plan): string[] {
  const { manner } = plan;
  const lines = [
    `linked ${iso(plan.linkedAtMs)}, calm from ${iso(plan.calmFromMs)}`,
    ...plan.streams.map(
      ({ name, cap, servedCap }) => `stream ${name}, cap ${cap}${servedCap < cap ? ` (${servedCap})` : ''}`,
    ),
    `the exchange: ${Object.entries(manner)
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      .join(', ')}`,
    ...plan.reaches.map(describeReach),
    ...plan.records.slice(0, recordsAtMost).map(describeRecord),
  ];
  if (plan.records.length > recordsAtMost) lines.push(`and ${plan.records.length - recordsAtMost} records more`);
  for (const { kind, stream, fromMs, toMs } of plan.troubles) {
    lines.push(`trouble ${kind} (${stream ?? 'every stream'}) from ${iso(fromMs)} to ${iso(toMs)}`);
  }
  for (const { stream, part, at, kind, fromMs, toMs } of plan.failures) {
    lines.push(`windows of ${stream}/${part} that hold ${iso(at)} fail (${kind}) from ${iso(fromMs)} to ${iso(toMs)}`);
  }
  for (const { stream, symbol, fromMs } of plan.delistings) {
    lines.push(`${symbol} of ${stream} is unknown from ${iso(fromMs)}`);
  }
  if (plan.duplicate) {
    lines.push(`linked again ${iso(plan.duplicate.linkedAtMs)}, merged ${iso(plan.duplicate.mergedAtMs)}`);
  }
  for (const { refusedFromMs, replacedAtMs } of plan.rotations) {
    lines.push(`key refused from ${iso(refusedFromMs)}, replaced at ${iso(replacedAtMs)}`);
  }
  if (plan.timetable) {
    const dates = Object.entries(plan.timetable).map(
      ([name, atMs]) => `${name} ${atMs === null ? 'unknown' : iso(atMs)}`,
    );
    lines.push(`timetable: ${dates.join(', ')}`);
  }
  if (plan.mappingFixedAtMs !== null) lines.push(`mapping fixed at ${iso(plan.mappingFixedAtMs)}`);
  for (const { atMs, attempts, isCutShort, range, rangeBefore } of plan.syncs) {
    if (rangeBefore) lines.push(`with a new key ${textOf(rangeBefore)}`);
    const end = isCutShort ? ', and the worker stops' : '';
    lines.push(`sync ${iso(atMs)}: ${attempts.map(describeAttempt).join('; ')}${end}`);
    if (range) lines.push(`  then ${textOf(range)}`);
  }
  return lines;
}

function textOf({ stream, fromMs, toMs }: PlannedRange): string {
  return `${stream} from ${iso(fromMs)} to ${iso(toMs)}`;
}

const recordsAtMost = 40;

function describeReach({ stream, part, steps, edge, jumpMs }: PlannedReach): string {
  const days = (ms: number) => `${ms / 86_400_000} days`;
  const reaches = steps.map(({ fromMs, reachMs }) => `${days(reachMs)}${fromMs > 0 ? ` from ${iso(fromMs)}` : ''}`);
  return `${stream}/${part} is served ${reaches.join(', ')} back, ${edge} before that, jumps ${days(jumpMs)}`;
}

function describeRecord(record: PlannedRecord): string {
  const { number, stream, part, at, delayMs, symbol, flaw, states } = record;
  const late = delayMs > 0 ? `, listed ${Math.round(delayMs / 1_000)} s later` : '';
  const gone = record.goneFromMs === null ? '' : `, gone from ${iso(record.goneFromMs)}`;
  const changes = states.length > 1 ? `, changes until ${iso(states.at(-1)?.fromMs ?? at)}` : '';
  return `record ${number} ${stream}/${part} ${iso(at)} ${symbol}${late}${gone}${changes}${flaw ? `, ${flaw}` : ''}`;
}

function describeAttempt({ pages, faults, crash, stopAtStep, together }: PlannedAttempt): string {
  const facts = [`${pages} pages`];
  if (together !== 'alone') facts.push(together);
  for (const { fault, request } of faults) facts.push(`${fault} at request ${request}`);
  if (crash) facts.push(`dies ${crash.after ? 'after' : 'before'} step ${crash.step}`);
  if (stopAtStep !== null) facts.push(`has to stop at step ${stopAtStep}`);
  return facts.join(', ');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
