import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../compose/compose-file.ts';
import type { Scene } from './scene.ts';

/** One entry of docs/runbook.md. A test follows it: every action must be in its text. */
export class Runbook {
  readonly heading: string;
  /** What was done so far, for the table. */
  readonly done: string[] = [];
  readonly #text: string;
  readonly #scene: Scene;

  constructor(heading: string, scene: Scene) {
    this.heading = heading;
    this.#scene = scene;
    const sections = readFileSync(join(repository, 'docs/runbook.md'), 'utf8').split(/^#{2,4} /m);
    const found = sections.find((section) => section.startsWith(`${heading}\n`));
    if (found === undefined) throw new Error(`docs/runbook.md has no entry "${heading}".`);
    this.#text = found.slice(heading.length);
  }

  /** Runs a command of ours as the entry gives it, with the account's id in place of ID. */
  async run(command: string, stdin?: unknown): Promise<void> {
    if (!this.#text.includes(`\`${command}\``) && !this.#text.includes(`\`bitmart-sync ${command}\``)) {
      throw new Error(`The entry "${this.heading}" does not name the command ${command}.`);
    }
    this.done.push(command);
    await this.#scene.succeed(
      command.split(' ').map((word) => (word === 'ID' ? this.#scene.accountId : word)),
      stdin,
    );
  }

  /** Runs what `explain` says, where the entry sends there. */
  async runWhatExplainSays(cause: string): Promise<void> {
    this.#mustSay('explain');
    const command = await this.#scene.commandOf(cause);
    const [name, ...words] = command.split(' ');
    if (name !== 'bitmart-sync') throw new Error(`${command} is not a command of ours.`);
    this.done.push(
      `explain ID says: ${words
        .filter((word) => word !== this.#scene.accountId)
        .slice(2)
        .join(' ')} ID`,
    );
    await this.#scene.succeed(words);
  }

  /** Does what the entry says in words, and our commands can't do. */
  async act(words: string, action: () => unknown): Promise<void> {
    this.#mustSay(words);
    this.done.push(words);
    await action();
  }

  #mustSay(words: string): void {
    if (!this.#text.includes(words)) throw new Error(`The entry "${this.heading}" does not say "${words}".`);
  }
}
