import { Random } from '../../sandbox/random.ts';
import type { RowOrder } from '../../sandbox/switches.ts';

/** Everything that a run does, and when: made from its seed alone. */
export interface ChaosPlan {
  readonly seed: number;
  readonly durationMs: number;
  /** How long everything may take to settle once the faults have stopped. */
  readonly settleWithinMs: number;
  readonly exchange: { readonly order: RowOrder; readonly latencyMs: number; readonly clockOffsetMs: number };
  readonly people: readonly PlannedPerson[];
  readonly faults: readonly PlannedFault[];
}

export interface PlannedPerson {
  readonly name: string;
  /** The exchange does not tell which account a key is of, so that two keys make two accounts. */
  readonly isAnonymous: boolean;
  readonly records: number;
  /** So many trades in one millisecond that no request can be answered with all of them. */
  readonly denseTrades: number;
  readonly commands: readonly PlannedCommand[];
}

export interface PlannedCommand {
  readonly atMs: number;
  readonly name: CommandName;
  /** Begins with the command, whenever that is. */
  readonly fault?: PlannedFault;
}

export type CommandName = (typeof commandNames)[number];

const commandNames = [
  'link',
  'link three times',
  'rotate',
  'rotate twice',
  'rotate to a wrong key',
  'pause',
  'resume',
  'sync',
  'sync range',
  'unlink',
  'erase',
  'merge',
] as const;

export type PlannedFault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: 'worker killed' | 'worker frozen' | 'worker stopped'; readonly worker: number }
  | {
      /** The moment a worker writes that. */
      readonly kind: 'worker killed at' | 'worker frozen at';
      readonly write: Write;
      /** Whether what is written reaches Postgres all the same: at once, or when the frozen worker goes on. */
      readonly isSent: boolean;
    }
  | { readonly kind: 'Postgres killed' | 'Temporal killed' }
  | { readonly kind: 'exchange'; readonly fault: ExchangeFault }
);

export type Write = 'pause' | 'adoption' | 'refusal' | 'unlink' | 'page';
export type ExchangeFault = (typeof exchangeFaults)[number];

const exchangeFaults = [
  'server-error',
  'reset',
  'hang',
  'rate-limited',
  'truncated',
  'cloudflare-503',
  'error-in-200',
  'clock-wrong',
] as const;

/** An activity that a worker took and that sends no heartbeat is given to another one after 45 s. */
const longerThanAnAttemptMs = 50_000;
/** A client that finds no Temporal tries for 22 s before it says that the key is stored. */
const longerThanALinkWaitsMs = 24_000;
/** And Postgres ends a session that is idle in a transaction for 60 s. */
const longerThanAnAttemptOfTransactionMs = 57_000;

export function planOf(seed: number, durationMs: number): ChaosPlan {
  const random = new Random(seed, 'chaos');
  const isShort = durationMs < 60_000;
  const composed = compositions(random, durationMs);
  const people = isShort ? 3 : 5;
  return {
    seed,
    durationMs,
    // A read that failed for long is tried again every five minutes at most.
    settleWithinMs: isShort ? 120_000 : 420_000,
    exchange: {
      order: random.pick(['newest-first', 'oldest-first', 'shuffled']),
      latencyMs: random.pick([5, 30, 80]),
      clockOffsetMs: random.between(-20, 20) * 1_000,
    },
    people: Array.from({ length: people }, (_, place) => {
      const isAnonymous = place === people - 1;
      const own = composed.flatMap(({ person, commands }) => (person === place ? commands : []));
      const single = singleCommands(random, durationMs, isAnonymous);
      return {
        name: `user ${place + 1}`,
        isAnonymous,
        records: isShort ? 300 : random.between(800, 4_000),
        denseTrades: place === 0 ? random.between(230, 270) : 0,
        commands: byTime([
          ...own,
          ...single.filter(({ atMs, name }) => !isCalm(composed, trapping.includes(name) ? null : place, atMs)),
        ]),
      };
    }),
    faults: byTime([
      ...composed.flatMap(({ faults }) => faults),
      ...singleFaults(random, durationMs).filter(
        ({ kind, atMs, forMs }) =>
          durationMs < calmFromMs ||
          (kind === 'exchange' && forMs < 2_000) ||
          !(isCalm(composed, null, atMs) || isCalm(composed, null, atMs + forMs)),
      ),
    ]),
  };
}

function singleCommands(random: Random, durationMs: number, isAnonymous: boolean): PlannedCommand[] {
  const commands: PlannedCommand[] = [{ atMs: random.between(0, 1_500), name: 'link' }];
  const likely: readonly CommandName[] = isAnonymous
    ? ['merge', 'merge', 'sync', 'pause', 'resume', 'sync range', 'link']
    : [...commandNames.filter((name) => name !== 'merge'), 'rotate', 'sync', 'pause', 'resume', 'sync range'];
  for (let atMs = 2_500; atMs < durationMs; atMs += random.between(500, 5_000)) {
    commands.push({ atMs, name: random.pick(likely) });
  }
  return commands;
}

function singleFaults(random: Random, durationMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let atMs = 2_000; atMs < durationMs; atMs += random.between(1_000, durationMs < calmFromMs ? 3_000 : 6_000)) {
    faults.push(singleFault(random, atMs, Math.min(durationMs - atMs, random.between(500, 8_000))));
  }
  return faults;
}

function singleFault(random: Random, atMs: number, forMs: number): PlannedFault {
  const worker = random.between(0, 1);
  const isSent = random.chance(0.5);
  const write = random.pick(['pause', 'adoption', 'refusal', 'unlink', 'page'] as const);
  switch (random.between(0, 9)) {
    case 0:
      return { atMs, forMs, kind: 'worker killed', worker };
    case 1:
      return { atMs, forMs, kind: 'worker frozen', worker };
    case 2:
      return { atMs, forMs, kind: 'worker stopped', worker };
    case 3:
      return { atMs, forMs, kind: 'worker killed at', write, isSent };
    case 4:
      return { atMs, forMs, kind: 'worker frozen at', write, isSent };
    case 5:
      return { atMs, forMs, kind: 'Postgres killed' };
    case 6:
      return { atMs, forMs, kind: 'Temporal killed' };
    default:
      return { atMs, forMs, kind: 'exchange', fault: random.pick(exchangeFaults) };
  }
}

interface Composition {
  readonly person: number;
  readonly commands: readonly PlannedCommand[];
  readonly faults: readonly PlannedFault[];
  /** Until then only the exchange fails besides: the sequence needs the other worker, Postgres and Temporal. */
  readonly calmUntilMs: number;
}

/** Commands and faults that meet: what chance alone would seldom bring together. */
function compositions(random: Random, durationMs: number): Composition[] {
  const composed: Composition[] = [];
  const { length } = allCompositions;
  for (let atMs = 6_000, turn = random.between(0, length - 1); atMs < durationMs; turn++) {
    const next = (allCompositions[turn % length] as Compose)(random, atMs);
    if (next.calmUntilMs > durationMs) {
      // Too long for what is left.
      if (turn > 2 * length) break;
      continue;
    }
    composed.push(next);
    atMs = next.calmUntilMs + random.between(1_000, 15_000);
  }
  return composed;
}

type Compose = (random: Random, atMs: number) => Composition;

/** The first of the two is answered as stored; the second may be checked before it. */
const rotationsWithoutTemporal: Compose = (random, atMs) => ({
  person: random.between(0, 1),
  commands: [{ atMs: atMs + 500, name: 'rotate twice' }],
  faults: [{ atMs, forMs: longerThanALinkWaitsMs, kind: 'Temporal killed' }],
  calmUntilMs: atMs + longerThanALinkWaitsMs + 2_000,
});

const linksWhileExchangeHangs: Compose = (random, atMs) => ({
  person: random.between(0, 1),
  commands: [{ atMs: atMs + 300, name: 'link three times' }],
  faults: [
    { atMs, forMs: 4_000, kind: 'exchange', fault: 'hang' },
    { atMs: atMs + random.between(1_000, 3_000), forMs: 1_000, kind: 'worker killed', worker: random.between(0, 1) },
  ],
  calmUntilMs: atMs + 6_000,
});

const refusalOfKilledWorker: Compose = (random, atMs) => ({
  person: random.between(0, 1),
  commands: [
    {
      atMs: atMs + 100,
      name: 'rotate to a wrong key',
      fault: { atMs, forMs: 15_000, kind: 'worker killed at', write: 'refusal', isSent: true },
    },
  ],
  faults: [],
  calmUntilMs: atMs + 7_000,
});

/** The frozen worker writes its pause long after another one has carried it out, and after the resume. */
const pauseOfFrozenWorker: Compose = (random, atMs) => ({
  person: random.between(0, 1),
  commands: [
    {
      atMs: atMs + 200,
      name: 'pause',
      fault: { atMs, forMs: longerThanAnAttemptMs, kind: 'worker frozen at', write: 'pause', isSent: true },
    },
    { atMs: atMs + 300, name: 'resume' },
  ],
  faults: [],
  calmUntilMs: atMs + longerThanAnAttemptMs + 2_000,
});

/**
 * The frozen worker erases long after another one has done so, and after the account was linked again: the first link waits
 * in vain for the erasure, and the second may come just before it.
 */
const unlinkOfFrozenWorker: Compose = (random, atMs) => ({
  person: random.between(0, 1),
  commands: [
    {
      atMs: atMs + 200,
      name: random.pick(['erase', 'erase', 'unlink']),
      fault: {
        atMs,
        forMs: longerThanAnAttemptOfTransactionMs,
        kind: 'worker frozen at',
        write: 'unlink',
        isSent: true,
      },
    },
    { atMs: atMs + 300, name: 'link' },
    { atMs: atMs + 400, name: 'link' },
    { atMs: atMs + 500, name: 'link' },
  ],
  faults: [],
  calmUntilMs: atMs + longerThanAnAttemptOfTransactionMs + 2_000,
});

const allCompositions: readonly Compose[] = [
  rotationsWithoutTemporal,
  pauseOfFrozenWorker,
  refusalOfKilledWorker,
  unlinkOfFrozenWorker,
  linksWhileExchangeHangs,
];

/** What others must not do meanwhile, because the worker that freezes or is killed shall write for the one. */
const trapping: readonly CommandName[] = ['pause', 'resume', 'unlink', 'erase', 'rotate to a wrong key'];

function isCalm(composed: readonly Composition[], person: number | null, atMs: number): boolean {
  return composed.some(
    ({ person: its, commands, calmUntilMs }) =>
      (person === null || its === person) && (commands[0]?.atMs ?? 0) - calmBeforeMs < atMs && atMs < calmUntilMs,
  );
}

/** A run for the tests is too short to leave anything out. */
const calmFromMs = 20_000;
/** What happened just before has passed by then. */
const calmBeforeMs = 3_000;

function byTime<Planned extends { readonly atMs: number }>(planned: readonly Planned[]): readonly Planned[] {
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}
