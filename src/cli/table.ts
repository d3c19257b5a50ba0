import stringWidth from 'string-width';

interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Its cells are truncated if the table is wider than the terminal; they have no colours. */
  readonly isFlexible?: true;
}

/** Columns padded to their widest cell, two spaces apart. Cells may carry colours, and characters that take two columns. */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.title);
  const lines = titles.some((title) => title !== '') ? [titles, ...rows] : rows;
  const widths = fitting(
    columns,
    columns.map((_, i) => Math.max(...lines.map((line) => stringWidth(line[i] ?? '')), 0)),
  );
  return lines
    .map((line) =>
      columns
        .map((column, i) => {
          const width = widths[i] ?? 0;
          const cell = line[i] ?? '';
          return pad(column.isFlexible ? cut(cell, width) : cell, width, column.align ?? 'left');
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Every terminal has at least this many columns; if it has more, they are used. */
const minColumns = 80;
const minFlexibleWidth = 8;

/** The widths, reduced to fit: the widest flexible column shrinks first. */
function fitting(columns: readonly TableColumn[], wanted: readonly number[]): readonly number[] {
  const widths = [...wanted];
  const available = Math.max(minColumns, process.stdout.columns ?? 0) - 2 * (columns.length - 1);
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - available; excess > 0; excess--) {
    const flexible = widths.map((width, i) => (columns[i]?.isFlexible ? width : 0));
    const widest = Math.max(...flexible);
    if (widest <= minFlexibleWidth) break;
    widths[flexible.indexOf(widest)] = widest - 1;
  }
  return widths;
}

const graphemes = new Intl.Segmenter();

function cut(cell: string, width: number): string {
  if (stringWidth(cell) <= width) return cell;
  let kept = '';
  for (const { segment } of graphemes.segment(cell)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function pairs(values: readonly (readonly [name: string, value: string])[]): string {
  return table([{ title: '' }, { title: '' }], values);
}

export function indent(text: string, spaces = 2): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(spaces));
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(cell)));
  return align === 'right' ? space + cell : cell + space;
}
