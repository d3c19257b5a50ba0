import type { Random } from './random.ts';

/** When something happens, and how much of it at once. */
interface Moment {
  readonly atMs: number;
  readonly count: number;
}

export interface MomentOptions {
  readonly count: number;
  readonly startMs: number;
  readonly endMs: number;
  /** @default false */
  readonly evenly: boolean;
  /** Exactly so many bursts, the rest single; null: as it comes. */
  readonly bursts: number | null;
  readonly burstSize: number;
}

/** Moments in order of time, one to each equal stretch, so that no two bursts come close to each other by chance. */
export function moments(options: MomentOptions, random: Random): Moment[] {
  const sizes = options.evenly ? new Array<number>(options.count).fill(1) : burstSizes(options, random);
  const stretchMs = (options.endMs - options.startMs) / sizes.length;
  return sizes.map((count, i) => {
    const within = options.evenly ? 0.5 : 0.05 + random.next() * 0.9;
    return { atMs: Math.floor(options.startMs + (i + within) * stretchMs), count };
  });
}

function burstSizes({ count, bursts, burstSize }: MomentOptions, random: Random): number[] {
  const sizes: number[] = [];
  let left = count;
  const take = (size: number) => {
    sizes.push(Math.min(size, left));
    left -= Math.min(size, left);
  };
  if (bursts !== null) {
    for (let i = 0; i < bursts && left > 0; i++) take(burstSize);
    while (left > 0) take(1);
    return random.sample(sizes, sizes.length);
  }
  while (left > 0) {
    const draw = random.next();
    if (draw < 0.5) take(1);
    else if (draw < 0.8) take(random.between(2, Math.max(2, Math.ceil(burstSize / 15))));
    else if (draw < 0.95) take(random.between(Math.ceil(burstSize / 15), Math.ceil(burstSize / 2.5)));
    else take(random.between(Math.ceil(burstSize / 2.5), burstSize));
  }
  return sizes;
}
