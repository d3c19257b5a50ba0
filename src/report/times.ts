import { durationText } from '../duration.ts';
import { type Html, html } from './html.ts';

/** An instant, UTC, to the minute; a dash where there is none. */
export function time(iso: string | null): Html {
  if (iso === null) return html`<span>–</span>`;
  return html`<time datetime="${iso}">${minuteText(iso)}</time>`;
}

/** `2026-11-24 12:00` */
export function minuteText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}

/** An instant to come with how far away it is. */
export function deadline(iso: string | null, nowMs: number): Html {
  if (iso === null) return html`<span>–</span>`;
  const leftMs = Date.parse(iso) - nowMs;
  return html`${time(iso)} <span class="aside away">${leftMs > 0 ? `in ${durationText(leftMs)}` : 'now'}</span>`;
}
