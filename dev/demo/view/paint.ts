import { stripVTControlCharacters, styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** Colours a text, where the output has colours at all. */
export type Paint = (style: Style, text: string) => string;

export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

export const noPaint: Paint = (_style, text) => text;

/** How many columns a text takes; everything that we write is one column wide. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Text at both ends of a line; the right one gives way where there is no room. */
export function bothEnds(left: string, right: string, width: number): string {
  const room = width - widthOf(left) - widthOf(right);
  return room >= 2 ? left + ' '.repeat(room) + right : left;
}

/** Cuts a painted text to so many columns. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${stripVTControlCharacters(text).slice(0, Math.max(0, width - 1))}…`;
}

/** Breaks a line between words; what follows is indented like its beginning. */
export function wrapped(line: string, width: number, indent: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) /)) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = ' '.repeat(indent) + word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
