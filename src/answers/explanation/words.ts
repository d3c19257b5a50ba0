import { durationText } from '../../duration.ts';
import { minuteText } from '../../history/iso-time.ts';
import type { Status } from '../index.ts';

/** A command about an account as a user types it: `bitmart-sync --owner alice sync ID`. */
export function commandText(
  { ownerId, accountId }: Pick<Status, 'ownerId' | 'accountId'>,
  name: string,
  more = '',
): string {
  return [`bitmart-sync --owner ${shellWord(ownerId)} ${name} ${shellWord(accountId)}`, more].filter(Boolean).join(' ');
}

export const doctorCommand = 'bitmart-sync doctor';

/** The user has to give the key, so the account is not named. */
export function linkCommand({ ownerId }: Pick<Status, 'ownerId'>): string {
  return `bitmart-sync --owner ${shellWord(ownerId)} link`;
}

/** Quotes a text for a shell: owners' ids are the platform's, and may hold anything. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** An instant in a sentence: `2026-11-29 10:00 UTC`. */
export function instantText(iso: string): string {
  return `${minuteText(iso)} UTC`;
}

/** The earliest of several instants, whose ISO texts sort by time; null if there is none. */
export function earliest(instants: readonly (string | null)[]): string | null {
  return instants.filter((iso) => iso !== null).sort()[0] ?? null;
}

/** When something will be lost, and how long that is from now: `2026-11-29 10:00 UTC (in 4 d 3 h)`. */
export function deadlineText(iso: string, nowMs: number): string {
  const leftMs = Date.parse(iso) - nowMs;
  return leftMs > 0 ? `${instantText(iso)} (in ${durationText(leftMs)})` : `${instantText(iso)} (now)`;
}
