import type { PageUnderWay } from './part-reading.ts';
import type { PageDecision } from './ports.ts';

/**
 * The page that is being stored while the next request is under way. That request goes by what the page will have
 * brought; if it is not stored after all, the answer is thrown away.
 */
export class LastPage {
  #underWay: PageUnderWay | null = null;
  /** What the last page said: by the decision that was stored, once it is. */
  decision: PageDecision | null = null;

  async begin(page: PageUnderWay): Promise<PageDecision> {
    this.#underWay = page;
    this.decision = await page.decided;
    return this.decision;
  }

  /** Null when nothing is under way. Throws what kept the page from being stored. */
  async stored(): Promise<PageDecision | null> {
    const underWay = this.#underWay;
    this.#underWay = null;
    if (underWay === null) return null;
    this.decision = (await underWay.stored).decision;
    return this.decision;
  }

  /** Asks while the page is stored; null when the answer must not be used, because the page was judged anew. */
  async storedMeanwhile<Answer>(
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | null> {
    if (this.#underWay === null) return await ask(signal);
    const expected = this.decision;
    const discard = new AbortController();
    const storing = this.stored().catch((error: unknown) => {
      discard.abort();
      throw error;
    });
    const [stored, answer] = await Promise.allSettled([storing, ask(AbortSignal.any([signal, discard.signal]))]);
    if (stored.status === 'rejected') throw stored.reason;
    if (stored.value !== expected) return null;
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  }
}
