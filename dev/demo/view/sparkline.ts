const levels = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One character for each value, as high as its share of the greatest. */
export function sparkline(values: readonly number[]): string {
  const greatest = Math.max(1, ...values);
  return values.map((value) => levels[Math.ceil((value / greatest) * (levels.length - 1))]).join('');
}
