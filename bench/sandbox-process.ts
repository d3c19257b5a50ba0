import type { AddedAccount } from '../sandbox/exchange.ts';
import type { GenerateOptions } from '../sandbox/generate.ts';
import type { Counts, LoggedRequest } from '../sandbox/request-log.ts';
import type { Switches } from '../sandbox/switches.ts';
import { startNode } from './child-process.ts';

export type Limits = Switches['limits'];

/** The sandbox as a process of its own, so that its work is not ours; driven over its control path. */
export class SandboxProcess {
  readonly url: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.#stop = stop;
  }

  static async start(limits: Limits, logFile: string): Promise<SandboxProcess> {
    const options = ['--port', '0', '--records', '0', '--limits', limits, '--json'];
    const child = await startNode({
      arguments: ['src/cli/command-line.ts', 'sandbox', ...options],
      logFile,
      until: /http:\/\/127\.0\.0\.1:\d+/,
    });
    return new SandboxProcess(child.said, child.stop);
  }

  addAccount(name: string): Promise<AddedAccount> {
    return this.#control('POST', 'accounts', { name, futuresOpened: true });
  }

  async generate(account: string, options: GenerateOptions): Promise<void> {
    await this.#control('POST', 'generate', { account, ...options });
  }

  async set(switches: Partial<Switches>): Promise<void> {
    await this.#control('POST', 'switches', switches);
  }

  /** The last 20,000 requests at the most. */
  log(): Promise<readonly LoggedRequest[]> {
    return this.#control('GET', 'log');
  }

  counts(): Promise<Counts> {
    return this.#control('GET', 'counts');
  }

  close(): Promise<void> {
    return this.#stop();
  }

  async #control<Answer>(method: string, what: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.url}/_sandbox/${what}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The sandbox answered ${method} ${what} with ${await answer.text()}.`);
    return (await answer.json()) as Answer;
  }
}
