import type { Pace, Turn } from '../../src/history/pace.ts';

/** A pace that never waits and records its calls. */
export class MemoryPace implements Pace {
  readonly turns: Turn[] = [];
  readonly coolDowns: { untilMs: number; reason: string }[] = [];
  readonly slowDowns: { fingerprint: string; endpoint: string; untilMs: number }[] = [];

  async waitForTurn(turn: Turn): Promise<void> {
    this.turns.push(turn);
  }

  async coolDown(pause: { untilMs: number; reason: string }): Promise<void> {
    this.coolDowns.push(pause);
  }

  async slowDown(pause: { fingerprint: string; endpoint: string; untilMs: number }): Promise<void> {
    this.slowDowns.push(pause);
  }
}
