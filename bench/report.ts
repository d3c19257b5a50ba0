/** One thing measured, once per run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** What a part must show, as a ratio within one run wherever that is possible. */
export interface Target {
  readonly text: string;
  /** As measured, in words. */
  readonly measured: string;
  readonly holds: boolean;
}

export interface PartReport {
  readonly part: string;
  /** What was done with what, so that a figure can be understood. */
  readonly setting: string;
  readonly figures: readonly Figure[];
  readonly targets: readonly Target[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that this share of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A target for the median of ratios, each of two figures of the same run. */
export function atLeast(text: string, ratios: readonly number[], least: number): Target {
  const found = median(ratios);
  return { text, measured: `${(found * 100).toFixed(0)} %`, holds: found >= least };
}

export function atMost(text: string, value: number, most: number, unit = ''): Target {
  return { text, measured: `${readable(value)}${unit && ` ${unit}`}`, holds: value <= most };
}

/** The table for people: every figure with its median and its least and greatest run, then the targets. */
export function table(reports: readonly PartReport[]): string {
  const head = ['part', 'figure', 'median', 'least', 'greatest', 'unit', 'runs'];
  const rows = reports.flatMap((report) =>
    report.figures.map((figure) => [
      report.part,
      figure.name,
      readable(median(figure.values)),
      readable(Math.min(...figure.values)),
      readable(Math.max(...figure.values)),
      figure.unit,
      String(figure.values.length),
    ]),
  );
  const targets = reports.flatMap((report) =>
    report.targets.map((target) => [report.part, target.text, target.measured, target.holds ? 'holds' : 'MISSED']),
  );
  return [
    aligned([head, ...rows], [2, 3, 4, 6]),
    '',
    aligned([['part', 'must show', 'measured', ''], ...targets], []),
    '',
    ...reports.map((report) => `${report.part}: ${report.setting}`),
  ].join('\n');
}

function aligned(rows: readonly (readonly string[])[], toTheRight: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return toTheRight.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

function readable(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
