import type { Random } from './random.ts';
import type { Ids } from './rows/ids.ts';
import { type StreamName, streamNames, streams } from './streams/index.ts';
import type { GivenRow } from './wire-text.ts';

/** How many records of each stream: `spotTrades`, `futuresTrades`, … Of streams with parts, one in eight is of copy trading. */
type RecordCounts = { readonly [Name in StreamName as InCamelCase<Name>]?: number };

type InCamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<InCamelCase<Tail>>}`
  : Name;

export interface GenerateOptions extends RecordCounts {
  /** Over how many days, back from `endMs`, they are spread. @default 90 */
  readonly days?: number;
  /** When the last of them happened. @default now, by the exchange's clock */
  readonly endMs?: number;
  /** One by one, all at the same distance. @default false: in bursts of any size */
  readonly evenly?: boolean;
  /** Of each kind of trade, exactly so many bursts of `burstSize`, and the rest single. @default bursts of any size */
  readonly bursts?: number;
  /** Trades of one millisecond (futures: of one second) at the most. @default 150 */
  readonly burstSize?: number;
}

/** How many records of each stream were made. */
export type Generated = Readonly<Partial<Record<StreamName, number>>>;

interface GeneratedRow {
  readonly stream: StreamName;
  readonly row: GivenRow;
}

const dayMs = 86_400_000;

/** Made-up records of every stream that some are wanted of. */
export function* generatedRows(
  options: GenerateOptions & { readonly clockMs: number },
  random: Random,
  ids: Ids,
): Iterable<GeneratedRow> {
  const { clockMs, endMs = clockMs, days = 90, evenly = false, burstSize = 150, bursts = null } = options;
  const spread = { startMs: endMs - days * dayMs, endMs, evenly, burstSize, bursts, clockMs };
  for (const stream of streamNames) {
    const { parts, generated } = streams[stream];
    const count = options[inCamelCase(stream)] ?? 0;
    const ofLaterParts = Math.floor(count / 8);
    for (const [place, part] of parts.entries()) {
      const ofPart = place === 0 ? count - ofLaterParts * (parts.length - 1) : ofLaterParts;
      for (const row of generated(part, { ...spread, count: ofPart }, random, ids)) yield { stream, row };
    }
  }
}

function inCamelCase<Name extends StreamName>(name: Name): InCamelCase<Name> {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) as InCamelCase<Name>;
}
