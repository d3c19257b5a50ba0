import { html } from 'hono/html';
import { slipsBehind } from '../../history/credentials-slips.ts';
import { isWaiting, type KeyCheckProblem, type ProblemCode, type ProblemFacts } from '../../history/failure.ts';
import { notCheckedWords, userWords } from '../../problems/describe-problem.ts';
import type { Html, SessionPage } from './page.ts';

export type FieldName = 'apiKey' | 'apiSecret' | 'memo' | 'subAccount';

/** The fields that a problem is about; other problems concern the whole key, or nothing that was typed. */
const fieldsAtFault: Partial<Record<ProblemCode, readonly FieldName[]>> = {
  'wrong-key': ['apiKey'],
  'wrong-secret-or-memo': ['apiSecret', 'memo'],
  'ip-not-allowed': ['apiKey'],
  'key-expired': ['apiKey'],
  'key-frozen': ['apiKey'],
  'key-can-withdraw': ['apiKey'],
  'key-can-trade': ['apiKey'],
  'different-account': ['apiKey'],
  'sub-account-needs-own-key': ['apiKey'],
};

/** The problem that a field causes. */
export function problemOfField({ session }: SessionPage, field: FieldName): KeyCheckProblem | null {
  return session.answer?.problems.find(({ code }) => !isWaiting(code) && fieldsAtFault[code]?.includes(field)) ?? null;
}

/** What happened and what to do about it, one box per problem. */
export function problemBoxes({ session, texts, addresses }: SessionPage): Html {
  const problems = session.answer?.problems ?? [];
  const facts: ProblemFacts = session.answer?.outcome === 'refused' ? { isRefused: true } : {};
  return html`${problems.map(({ code, stream }) => {
    // What was mistyped and what has to be bound stand apart.
    const { message, remedy } = isWaiting(code)
      ? notCheckedWords({ isStored: session.state === 'checking' }, texts)
      : userWords({ code, facts }, texts);
    const where = stream === undefined ? '' : `${texts.streams[stream] ?? stream}: `;
    const slips = isWaiting(code) ? [] : slipsBehind(code, session.slips);
    return html`<div class="problem" data-problem="${code}" data-part="problem-${code}-${stream ?? ''}">
      <p><strong>${where}${message}</strong></p>
      <p>${remedy}</p>
      ${slips.length > 0 && html`<ul>${slips.map((slip) => html`<li>${texts.slips[slip]}</li>`)}</ul>`}
      ${code === 'ip-not-allowed' && addresses.length > 0 && html`<p><code>${addresses.join(', ')}</code></p>`}
    </div>`;
  })}`;
}
