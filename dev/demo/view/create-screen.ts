import { paintFor } from './paint.ts';
import { PlainScreen } from './plain-screen.ts';
import type { Screen } from './screen.ts';
import { TerminalScreen } from './terminal-screen.ts';

const usualColumns = 80;
const usualRows = 24;

/** A live view on a terminal, plain lines everywhere else. */
export function createScreen(output: NodeJS.WriteStream): Screen {
  const write = (text: string) => void output.write(text);
  if (!output.isTTY || process.env.TERM === 'dumb') return new PlainScreen(write);
  const terminal = {
    get columns() {
      return output.columns || usualColumns;
    },
    get rows() {
      return output.rows || usualRows;
    },
    write,
  };
  return new TerminalScreen(terminal, paintFor(output));
}
