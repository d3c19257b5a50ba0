import { durationText } from '../../duration.ts';

/** An instant in a sentence: `2026-11-29 10:00 UTC`. */
export function instantText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** When something will be lost, with how long that is: `2026-11-29 10:00 UTC (in 4 d 3 h)`. */
export function deadlineText(iso: string, nowMs: number): string {
  const leftMs = Date.parse(iso) - nowMs;
  return leftMs > 0 ? `${instantText(iso)} (in ${durationText(leftMs)})` : `${instantText(iso)} (now)`;
}
