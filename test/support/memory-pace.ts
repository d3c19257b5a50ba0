import type { Pace, Slot } from '../../src/history/pace.ts';

/** A pace that never waits and records its calls. */
export class MemoryPace implements Pace {
  readonly slots: Slot[] = [];
  readonly coolDowns: { untilMs: number; reason: string }[] = [];
  readonly slowDowns: { fingerprint: string; endpoint: string; untilMs: number }[] = [];

  async waitForSlot(slot: Slot): Promise<void> {
    this.slots.push(slot);
  }

  async coolDown(pause: { untilMs: number; reason: string }): Promise<void> {
    this.coolDowns.push(pause);
  }

  async slowDown(pause: { fingerprint: string; endpoint: string; untilMs: number }): Promise<void> {
    this.slowDowns.push(pause);
  }
}
