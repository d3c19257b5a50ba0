import type { Random } from './random.ts';
import type { Ids } from './rows/ids.ts';
import { fieldsOf } from './stream.ts';
import { type StreamName, streams } from './streams/index.ts';
import type { GivenRow, WireRow } from './wire-text.ts';

export interface CompleteRow {
  readonly part: string;
  readonly row: WireRow;
  readonly visibleFromMs: number | null;
}

/** The whole row, with everything that was not given. */
export function completeRow(stream: StreamName, given: GivenRow, random: Random, ids: Ids): CompleteRow {
  const { parts, completed } = streams[stream];
  const { part: givenPart, visibleFromMs, ...fields } = given;
  const part = givenPart ?? (parts.includes(String(given.account)) ? String(given.account) : (parts[0] as string));
  if (!parts.includes(part)) throw new Error(`${stream} has no part "${part}"; it has ${parts.join(', ')}.`);
  const { timeField } = fieldsOf(streams[stream], part);
  if (!(Number(fields[timeField]) > 0)) throw new Error(`A row of ${stream} needs its ${timeField}.`);
  const reported = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as WireRow;
  // Captured rows lack the field: given as undefined, it is left out.
  const withPart = parts.length > 1 && !('account' in given) ? { ...reported, account: part } : reported;
  return { part, row: completed(withPart, random, ids), visibleFromMs: visibleFromMs ?? null };
}
