/** `1:07` since the demo began. */
export function clockText(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function secondsText(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

/** 100 % only when it is all but a few minutes of months. */
export function percent(share: number): string {
  return `${share > 0.9999 ? 100 : Math.min(99, Math.floor(share * 100))} %`;
}
