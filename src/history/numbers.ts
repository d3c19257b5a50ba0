/** The least of several numbers (the earliest of several instants), or null when there is none. */
export function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/** The greatest of several numbers (the latest of several instants), or null when there is none. */
export function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** A share from 0 to 1 for each whole number, spread evenly: multiples of the golden ratio never come close to one another. */
export function goldenShare(turn: number): number {
  return (turn * goldenRatio) % 1;
}

const goldenRatio = 0.618_033_988_75;
