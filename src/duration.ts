const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `1h`, `7d` as milliseconds; null for anything else, and for nothing at all. */
export function parseDuration(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const ms = parts ? Math.round(Number(parts[1]) * (unitMs[parts[2] as string] as number)) : 0;
  return ms > 0 ? ms : null;
}
