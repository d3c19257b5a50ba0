import type { Snapshot } from '../snapshot.ts';

/** Where the demo writes its output. */
export interface Screen {
  /** Writes a permanent line. */
  say(line: string): void;
  /** Writes permanent lines, unchanged. */
  print(lines: readonly string[]): void;
  /** Shows what is going on until the work is done, and then its result. */
  during<Result>(what: string, work: (note: (line: string) => void) => Promise<Result>): Promise<Result>;
  /** Shows the current state of the accounts. */
  show(snapshot: Snapshot): void;
  /** Ends the live view; lines can still be written. */
  hide(): void;
  close(): void;
}
