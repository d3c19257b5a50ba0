import type { Answer, PageEndpoint, PrivateCall } from './call.ts';
import { chosenRecords } from './chosen-records.ts';
import { success } from './envelope.ts';
import type { FaultName, FaultOptions } from './faults.ts';
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
  const asked = happens('ignore-parameters', call) ? withoutBounds(call, question) : question;
  const { ageSeconds = 600 } = happens('cached', call) ?? { ageSeconds: 0 };
  const clockMs = call.clockMs - ageSeconds * 1_000;
  const headers: Record<string, string> = ageSeconds > 0 ? { Age: String(ageSeconds) } : {};
  const sought = { ...asked, clockMs, earliestMs: earliestMsOf(call.switches, asked, clockMs) };
  let records = chosenRecords(call, sought);
  if (call.fault?.options.fault === 'wrong-part') {
    const ofOther = chosenRecords(call, ofAnotherPart(sought));
    if (happens('wrong-part', call, ofOther.length > 0)) records = ofOther;
  }
  const omitting = happens('omit-rows', call, records.length > 0);
  if (omitting) {
    const random = new Random(call.seed, 'omitted', asked.fromMs, asked.toMs);
    const omitted = new Set(random.sample(records, omitting.rows ?? 1));
    records = records.filter((record) => !omitted.has(record));
  }
  const wrapped = (list: string) => (endpoint.listName === null ? list : `{"${endpoint.listName}":${list}}`);
  // Of rows, it waits for a page that holds some; bound to an instant, it happens to every window that holds it.
  const emptying = happens('null-data', call, records.length > 0 || call.fault?.options.instantMs !== undefined);
  if (emptying) {
    const shapes = { null: 'null', object: '{}', 'null-list': wrapped('null') };
    return { ...success(endpoint.word, shapes[emptying.shape ?? 'null']), headers };
  }
  const texts = records.map((record) => record.textAt(clockMs));
  const malforming = happens('malformed-row', call, records.length > 0);
  if (malforming) {
    const at = new Random(call.seed, 'malformed', asked.fromMs, asked.toMs).between(0, records.length - 1);
    texts[at] = malformedText(records[at] as TrueRecord, malforming.malformation ?? 'empty-id');
  }
  for (const record of records) record.noteServing(call.key.apiKey, call.clockMs);
  return { ...success(endpoint.word, wrapped(`[${texts.join(',')}]`)), headers, rows: records.length };
}

/** The request's fault if it is this one and can happen, which is then noted. */
function happens(name: FaultName, { fault }: PrivateCall, can = true): FaultOptions | null {
  if (fault?.options.fault !== name || !can) return null;
  fault.spend();
  return fault.options;
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
