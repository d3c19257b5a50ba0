import type { Finding } from '../answers/explanation/finding.ts';
import { earliest } from '../answers/explanation/words.ts';
import type { AccountStatus } from '../answers/index.ts';
import { durationText } from '../duration.ts';
import { minuteText } from '../history/iso-time.ts';
import { en } from '../texts/en.ts';
import { type Html, html } from './html.ts';

/** A stream's name for users: `Spot trades`. */
export function streamTitle(stream: string): string {
  return en.streams[stream] ?? stream;
}

/** The same within a sentence, without what a colon explains: `spot trades`, `savings`. */
export function inSentence(stream: string): string {
  const [title = ''] = streamTitle(stream).split(':');
  return title.charAt(0).toLowerCase() + title.slice(1);
}

/** `deposits, withdrawals and spot trades` */
export function listOf(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  return new Intl.ListFormat('en-GB', { type: last === 'and' ? 'conjunction' : 'disjunction' }).format(words);
}

/** `28 August`, or `28 August, 12:34 UTC` within a day. */
export function dayAndTime(instantMs: number): string {
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(instantMs);
  return instantMs % 86_400_000 === 0 ? day : `${day}, ${new Date(instantMs).toISOString().slice(11, 16)} UTC`;
}

/** The label that the user gave, or both ends of the id. */
export function accountTitle({
  label,
  accountId,
}: {
  readonly label: string | null;
  readonly accountId: string;
}): string {
  if (label !== null && label.trim() !== '') return label;
  return accountId.length <= 12 ? accountId : `${accountId.slice(0, 5)}…${accountId.slice(-4)}`;
}

/** An instant, UTC, to the minute; a dash if there is none. */
export function time(iso: string | null): Html {
  if (iso === null) return html`<span>–</span>`;
  return html`<time datetime="${iso}">${minuteText(iso)}</time>`;
}

/** A future instant with its distance from now. */
export function deadline(iso: string | null, nowMs: number): Html {
  if (iso === null) return html`<span>–</span>`;
  const leftMs = Date.parse(iso) - nowMs;
  return html`${time(iso)} <span class="aside away">${leftMs > 0 ? `in ${durationText(leftMs)}` : 'now'}</span>`;
}

const signs: Readonly<Record<AccountStatus, { readonly sign: string; readonly kind: string }>> = {
  live: { sign: '●', kind: 'good' },
  backfilling: { sign: '◐', kind: 'busy' },
  checking: { sign: '◌', kind: 'busy' },
  paused: { sign: '‖', kind: 'busy' },
  'needs-attention': { sign: '▲', kind: 'bad' },
  closed: { sign: '■', kind: 'over' },
  unlinked: { sign: '□', kind: 'over' },
};

/** A status as a word with a symbol, so that no reader depends on colours. */
export function statusBadge(status: AccountStatus): Html {
  const { sign, kind } = signs[status];
  return html`<span class="badge ${kind}"><span aria-hidden="true">${sign}</span> ${status}</span>`;
}

/**
 * When the first record is lost because of a finding; null if none causes a loss. A healthy account is at no risk, although it
 * would be if reading stopped.
 */
export function riskOf(findings: readonly Finding[]): string | null {
  return earliest(findings.filter(({ severity }) => severity === 'error').map(({ atRiskAt }) => atRiskAt));
}
