/** A seeded generator. One made from the same seed and labels says the same things, whatever else was asked in between. */
export class Random {
  #state: number;

  constructor(seed: number, ...labels: readonly (string | number)[]) {
    this.#state = hashOf(`${seed}/${labels.join('/')}`);
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[Math.floor(this.next() * choices.length)] as Choice;
  }

  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.between(0, 0xff_ffff).toString(16).padStart(6, '0');
    return text.slice(0, length);
  }

  digits(length: number): string {
    let text = String(this.between(1, 9));
    while (text.length < length) text += this.between(0, 9);
    return text;
  }

  /** So many of the items, in any order. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const mixed = [...items];
    const taken = Math.min(count, mixed.length);
    for (let i = 0; i < taken; i++) {
      const j = this.between(i, mixed.length - 1);
      [mixed[i], mixed[j]] = [mixed[j] as Item, mixed[i] as Item];
    }
    return mixed.slice(0, taken);
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
