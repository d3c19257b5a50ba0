import type { Answer, PageEndpoint, PrivateCall } from './call.ts';
import { chosenRecords } from './chosen-records.ts';
import { success } from './envelope.ts';
import { malformedText } from './malformed-row.ts';
import type { PageQuestion } from './question.ts';
import { Random } from './random.ts';
import { earliestMsOf } from './reach.ts';
import type { TrueRecord } from './record.ts';
import { streamNames, streams } from './streams/index.ts';
import { admitSymbol } from './symbols.ts';

/** Answers from the truth, by the switches, and by the fault of the request if there is one. */
export function answerPage(endpoint: PageEndpoint, call: PrivateCall): Answer {
  const question = endpoint.question(call);
  admitSymbol(call, question);
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
  const headers: Record<string, string> = ageSeconds > 0 ? { Age: String(ageSeconds) } : {};
  const wrapped = (list: string) => (endpoint.listName === null ? list : `{"${endpoint.listName}":${list}}`);
  // Of rows, it waits for a page that holds some; bound to an instant, it happens to every window that holds it.
  if (fault === 'null-data' && (records.length > 0 || call.fault?.options.instantMs !== undefined)) {
    call.fault?.spend();
    const { shape = 'null' } = call.fault?.options ?? {};
    return {
      ...success(endpoint.word, shape === 'null-list' ? wrapped('null') : shape === 'object' ? '{}' : 'null'),
      headers,
    };
  }
  const texts = records.map((record) => record.textAt(clockMs));
  if (fault === 'malformed-row' && records.length > 0) {
    call.fault?.spend();
    const at = new Random(call.seed, 'malformed', asked.fromMs, asked.toMs).between(0, records.length - 1);
    texts[at] = malformedText(records[at] as TrueRecord, call.fault?.options.malformation ?? 'empty-id');
  }
  for (const record of records) record.noteServing(call.key.apiKey, call.clockMs);
  return { ...success(endpoint.word, wrapped(`[${texts.join(',')}]`)), headers, rows: records.length };
}

function withoutBounds(call: PrivateCall, question: PageQuestion): PageQuestion {
  const { defaultWindowMs, cap } = streams[question.stream];
  return { ...question, fromMs: call.clockMs - defaultWindowMs, toMs: call.clockMs, limit: cap };
}

function ofAnotherPart<Question extends PageQuestion>(question: Question): Question {
  const { stream, part } = question;
  const { concerns: _, ...rest } = question;
  const unfiltered = { ...rest, symbol: null };
  const { parts, endpoint } = streams[stream];
  const otherStream = streamNames.find((name) => name !== stream && streams[name].endpoint === endpoint) ?? stream;
  const otherPart = parts.find((candidate) => candidate !== part) ?? part;
  return { ...unfiltered, stream: otherStream, part: otherPart } as Question;
}

function spentIfAny(call: PrivateCall, records: TrueRecord[]): TrueRecord[] | null {
  if (records.length === 0) return null;
  call.fault?.spend();
  return records;
}
