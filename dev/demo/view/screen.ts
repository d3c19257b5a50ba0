import type { Snapshot } from '../snapshot.ts';

/** Where the demo speaks. */
export interface Screen {
  /** A line that stays. */
  say(line: string): void;
  /** Lines that stay, exactly as they are. */
  print(lines: readonly string[]): void;
  /** Says what is going on until the work is done, and then what came of it. */
  during<Result>(what: string, work: (note: (line: string) => void) => Promise<Result>): Promise<Result>;
  /** The accounts as they are at this moment. */
  show(snapshot: Snapshot): void;
  /** The live view ends; lines go on. */
  hide(): void;
  close(): void;
}
