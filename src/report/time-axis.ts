/** One mark below a drawing, in percent of its width. */
export interface Tick {
  readonly atPercent: number;
  readonly text: string;
}

const dayMs = 86_400_000;
/** Dates that stand beside each other on a phone of 360 pixels. */
const maxTicks = 5;

/** Marks at round dates, few enough to be read on a phone. */
export function ticksOf(fromMs: number, toMs: number): readonly Tick[] {
  const spanMs = toMs - fromMs;
  const steps: readonly (readonly [number, (startMs: number) => number])[] = [
    [dayMs, nextDay(1)],
    [7 * dayMs, nextDay(7)],
    [14 * dayMs, nextDay(14)],
    [31 * dayMs, nextMonth(1)],
    [92 * dayMs, nextMonth(3)],
    [366 * dayMs, nextMonth(12)],
    [2 * 366 * dayMs, nextMonth(24)],
    [5 * 366 * dayMs, nextMonth(60)],
  ];
  const fitting = steps.find(([stepMs]) => spanMs / stepMs <= maxTicks) ?? (steps.at(-1) as (typeof steps)[number]);
  const [, next] = fitting;
  const ticks: Tick[] = [];
  for (let atMs = next(fromMs); atMs < toMs; atMs = next(atMs + 1)) {
    ticks.push({ atPercent: percentOf(atMs, fromMs, toMs), text: dateText(atMs, spanMs) });
  }
  return ticks;
}

export function percentOf(atMs: number, fromMs: number, toMs: number): number {
  return Math.round(((atMs - fromMs) / (toMs - fromMs)) * 100_000) / 1_000;
}

function nextDay(days: number) {
  return (startMs: number) => Math.ceil(startMs / (days * dayMs)) * days * dayMs;
}

function nextMonth(months: number) {
  return (startMs: number) => {
    const start = new Date(startMs);
    const count = start.getUTCFullYear() * 12 + start.getUTCMonth();
    for (let month = Math.floor(count / months) * months; ; month += months) {
      const atMs = Date.UTC(Math.floor(month / 12), month % 12);
      if (atMs >= startMs) return atMs;
    }
  };
}

const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function dateText(atMs: number, spanMs: number): string {
  const date = new Date(atMs);
  const month = monthNames[date.getUTCMonth()];
  return spanMs > 300 * dayMs ? `${month} ${date.getUTCFullYear()}` : `${date.getUTCDate()} ${month}`;
}
