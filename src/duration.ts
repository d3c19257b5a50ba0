const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `1h`, `7d` as milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const ms = parts ? Math.round(Number(parts[1]) * (unitMs[parts[2] as string] as number)) : 0;
  return ms > 0 ? ms : null;
}

/** `45 s`, `3 min`, `2 h 10 min`, `4 d 3 h`: as exact as an estimate can be. */
export function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 || days >= 14 ? `${days} d` : `${days} d ${hours % 24} h`;
}
