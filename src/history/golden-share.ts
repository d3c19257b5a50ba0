/** A share from 0 to 1 for each whole number, elsewhere each time: multiples of the golden ratio never come close to one another. */
export function goldenShare(turn: number): number {
  return (turn * goldenRatio) % 1;
}

const goldenRatio = 0.618_033_988_75;
