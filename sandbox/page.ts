import type { AnsweredPage, PrivateCall } from './call.ts';
import { chosenRecords } from './chosen-records.ts';
import { malformedText } from './malformed-row.ts';
import { Random } from './random.ts';
import { earliestMsOf } from './reach.ts';
import type { TrueRecord } from './record.ts';
import { type StreamName, streams } from './streams.ts';
import type { WireRow } from './wire-text.ts';

/** What a request asks of a stream, after its own names and units are read. Both bounds are milliseconds. */
export interface PageQuestion {
  readonly stream: StreamName;
  readonly part: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The most rows that the request wants. */
  readonly limit: number;
  readonly concerns?: (row: WireRow) => boolean;
}

export interface ServedPage {
  /** The rows as JSON, or whatever a fault puts in their place. */
  readonly list: string;
  /** What stands in place of everything under `data`; null: nothing does. */
  readonly instead: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly page: AnsweredPage;
}

/** Answers from the truth, by the switches, and by the fault of the request if there is one. */
export function servePage(call: PrivateCall, question: PageQuestion): ServedPage {
  const fault = call.fault?.options.fault ?? null;
  const asked = fault === 'ignore-parameters' ? withoutBounds(call, question) : question;
  if (asked !== question) call.fault?.spend();
  const ageSeconds = fault === 'cached' ? (call.fault?.options.ageSeconds ?? 600) : 0;
  const clockMs = call.clockMs - ageSeconds * 1_000;
  if (ageSeconds > 0) call.fault?.spend();
  const earliestMs = earliestMsOf(call.switches, asked, clockMs);
  const sought = { ...asked, clockMs, earliestMs };
  let records = chosenRecords(call, sought);
  if (fault === 'wrong-part') records = spentIfAny(call, chosenRecords(call, ofAnotherPart(sought))) ?? records;
  if (fault === 'omit-rows' && records.length > 0) {
    call.fault?.spend();
    const random = new Random(call.seed, 'omitted', asked.fromMs, asked.toMs);
    const omitted = new Set(random.sample(records, call.fault?.options.rows ?? 1));
    records = records.filter((record) => !omitted.has(record));
  }
  const page = { stream: asked.stream, part: asked.part, fromMs: asked.fromMs, toMs: asked.toMs };
  const headers: Record<string, string> = ageSeconds > 0 ? { Age: String(ageSeconds) } : {};
  if (fault === 'null-data' && records.length > 0) {
    call.fault?.spend();
    const { shape = 'null' } = call.fault?.options ?? {};
    const instead = shape === 'null-list' ? null : shape === 'object' ? '{}' : 'null';
    return { list: 'null', instead, headers, page: { ...page, rows: 0 } };
  }
  const texts = records.map((record) => record.textAt(clockMs));
  if (fault === 'malformed-row' && records.length > 0) {
    call.fault?.spend();
    const at = new Random(call.seed, 'malformed', asked.fromMs, asked.toMs).between(0, records.length - 1);
    texts[at] = malformedText(records[at] as TrueRecord, call.fault?.options.malformation ?? 'empty-id');
  }
  for (const record of records) record.noteServing(call.key.apiKey, call.clockMs);
  return { list: `[${texts.join(',')}]`, instead: null, headers, page: { ...page, rows: records.length } };
}

function withoutBounds(call: PrivateCall, question: PageQuestion): PageQuestion {
  const { defaultWindowMs, cap } = streams[question.stream];
  return { ...question, fromMs: call.clockMs - defaultWindowMs, toMs: call.clockMs, limit: cap };
}

function ofAnotherPart<Question extends PageQuestion>(question: Question): Question {
  const { stream, part } = question;
  const { concerns: _, ...unfiltered } = question;
  if (stream === 'withdrawals') return { ...unfiltered, stream: 'deposits' } as Question;
  if (stream === 'deposits') return { ...unfiltered, stream: 'withdrawals' } as Question;
  const other = streams[stream].parts.find((candidate) => candidate !== part) ?? part;
  return { ...unfiltered, part: other } as Question;
}

function spentIfAny(call: PrivateCall, records: TrueRecord[]): TrueRecord[] | null {
  if (records.length === 0) return null;
  call.fault?.spend();
  return records;
}
