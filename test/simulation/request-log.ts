import type { FailureKind } from '../../src/history/failure.ts';
import type { Question } from '../../src/history/stream.ts';
import { text } from './ranges.ts';

/** One request as the exchange saw it. */
export interface LoggedRequest {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
  readonly isDivided: boolean;
  /** Null when it was answered. */
  readonly failure: FailureKind | null;
}

/** Every request that the exchange was ever sent, by part: what a gap's reason is compared with. */
export class RequestLog {
  /** Called with every request that failed. */
  onFailure: (line: string) => void = () => {};
  readonly #byPart = new Map<string, LoggedRequest[]>();

  of(stream: string, part: string): readonly LoggedRequest[] {
    return this.#byPart.get(`${stream}/${part}`) ?? [];
  }

  answered(stream: string, question: Question, atMs: number): void {
    this.#note(stream, question, atMs, null);
  }

  failed(stream: string, question: Question, atMs: number, failure: FailureKind): void {
    this.#note(stream, question, atMs, failure);
    const { part, core, split } = question;
    this.onFailure(`${stream}/${part} asked ${text([core])}${split ? ` of ${split.value}` : ''}: ${failure}`);
  }

  /** Which window was asked most often since then. */
  mostAsked(sinceMs: number): { readonly times: number; readonly window: string } {
    const times = new Map<string, number>();
    for (const [name, requests] of this.#byPart) {
      for (const request of requests.filter(({ atMs }) => atMs >= sinceMs)) {
        const window = `${name} ${text([request])}`;
        times.set(window, (times.get(window) ?? 0) + 1);
      }
    }
    const [most] = [...times].sort((a, b) => b[1] - a[1]);
    return { times: most?.[1] ?? 0, window: most?.[0] ?? 'nothing' };
  }

  #note(stream: string, { part, core, split }: Question, atMs: number, failure: FailureKind | null): void {
    const name = `${stream}/${part}`;
    const list = this.#byPart.get(name) ?? [];
    this.#byPart.set(name, list);
    list.push({ from: core.from, to: core.to, atMs, isDivided: split !== undefined, failure });
  }
}
