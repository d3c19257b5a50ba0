import stringWidth from 'string-width';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Columns padded to their widest cell, two spaces apart. Cells may carry colours, and characters that take two columns. */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.title);
  const lines = titles.some((title) => title !== '') ? [titles, ...rows] : rows;
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => stringWidth(line[i] ?? '')), 0));
  return lines
    .map((line) =>
      columns
        .map((column, i) => pad(line[i] ?? '', widths[i] ?? 0, column.align ?? 'left'))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one pair a line. */
export function pairs(values: readonly (readonly [name: string, value: string])[]): string {
  return table([{ title: '' }, { title: '' }], values);
}

/** Every line moved to the right. */
export function indent(text: string, spaces = 2): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(spaces));
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(cell)));
  return align === 'right' ? space + cell : cell + space;
}
