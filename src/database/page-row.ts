import { createHash, randomBytes } from 'node:crypto';
// As a whole, because a platform that only imports the client may run a Node without zstd.
import zlib from 'node:zlib';
import type { PartState } from '../history/part-state.ts';
import type { PageDecision, PartReference } from '../history/ports.ts';
import { covers } from '../history/range-set.ts';
import type { Page } from '../history/stream.ts';
import { instantText, multirangeText, optionalInstantText, rangeText } from './instants.ts';

/** Whether a page leaves something behind that was not known before, and so is kept as evidence. */
export function bringsNews(decision: PageDecision, before: PartState): boolean {
  if (decision.insert.length > 0 || decision.change.length > 0) return true;
  // What contradicts the question or what we hold is for a person to look at.
  if (decision.verdict.kind === 'no-evidence') return true;
  if (!(decision.answered ?? []).every((range) => covers(before.answered, range))) return true;
  // Whatever the verdict: a page that is not believed as a whole may prove a part of its window.
  const claimed = [...decision.state.covered, ...decision.claim];
  return !claimed.every((range) => covers(before.covered, range));
}

/** What is kept of an answer: its hash, and its bytes where it brought rows. */
export interface AnswerValues {
  readonly hash: Buffer;
  readonly compressed: Buffer | null;
}

/** The costly part of a page's row; it needs nothing but the answer. */
export function answerValues(page: Page): AnswerValues {
  return {
    hash: createHash('sha256').update(page.bytes).digest(),
    compressed: page.rows.length > 0 ? zlib.zstdCompressSync(page.bytes) : null,
  };
}

interface PageRow {
  readonly part: PartReference;
  readonly pageId: string;
  readonly page: Page;
  readonly decision: PageDecision;
  readonly news: boolean;
  readonly answer: AnswerValues;
  readonly replayOf: string | null;
}

/** The parameters of `keepPage`. */
export function pageValues({ part, pageId, page, decision, news, answer, replayOf }: PageRow): readonly unknown[] {
  const { question } = page;
  const { verdict, quarantine } = decision;
  return [
    part.accountId,
    pageId,
    part.stream.name,
    part.part,
    instantText(page.askedFromMs),
    instantText(page.askedToMs),
    rangeText(question.core),
    question.split ? `${question.split.column}=${question.split.value}` : null,
    page.rows.length,
    decision.insert.length,
    decision.change.length,
    decision.unchanged,
    quarantine.length,
    verdict.kind,
    verdict.kind === 'no-evidence' ? verdict.reason : null,
    multirangeText(decision.claim),
    answer.hash,
    answer.compressed,
    instantText(page.clockMs),
    page.trace,
    news,
    quarantine.map((row) => quarantineId(part, row.reason, row.raw)),
    quarantine.map((row) => row.key),
    quarantine.map((row) => optionalInstantText(row.at)),
    quarantine.map((row) => row.reason),
    quarantine.map((row) => row.raw),
    part.stream.mappingVersion,
    decision.answered === undefined ? null : multirangeText(decision.answered),
    replayOf,
  ];
}

/** A new id for a page: in order of time, so that pages written together lie together. */
export function newPageId(nowMs = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** The same bytes under the same reason are the same quarantined row, however often they are served. */
export function quarantineId(part: PartReference, reason: string, raw: string): string {
  const identity = JSON.stringify([part.stream.name, part.part, reason, raw]);
  return uuidText(createHash('sha256').update(identity).digest().subarray(0, 16));
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
