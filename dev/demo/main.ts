/**
 * `npm run demo`: links two accounts of a simulated BitMart, reads their history through a killed worker and an outage,
 * follows new trades, and compares every stored row with the truth. `-- --exit` ends then, with 0 only if all is right.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sentenceOf } from './failure.ts';
import { Interrupted, interruption } from './interruption.ts';
import { keepRunning } from './keep-running.ts';
import { Stage } from './stage.ts';
import { tellStory } from './story.ts';
import { createScreen } from './view/create-screen.ts';

const closingWithinMs = 25_000;

async function main(): Promise<number> {
  const endsByItself = process.argv.includes('--exit');
  const interrupted = interruption();
  const screen = createScreen(process.stdout);
  const stage = new Stage();
  let status: number;
  try {
    const unhappy = Promise.race([interrupted, stage.crash]);
    const { play, accounts, isFlawless } = await Promise.race([tellStory(stage, screen), unhappy]);
    status = isFlawless ? 0 : 1;
    if (!endsByItself) await Promise.race([keepRunning(play, accounts), unhappy]);
  } catch (error) {
    screen.hide();
    status = error instanceof Interrupted ? error.exitStatus : 1;
    if (!(error instanceof Interrupted)) explain(error, stage);
  }
  screen.close();
  await Promise.race([stage.close(), sleep(closingWithinMs, undefined, { ref: false })]);
  return status;
}

function explain(error: unknown, stage: Stage): void {
  console.error(`\nThe demo failed: ${sentenceOf(error)}`);
  const words = stage.lastWords();
  if (words.length > 0) console.error(`\nThe end of the worker's log:\n${words.map((line) => `  ${line}`).join('\n')}`);
}

process.exit(await main());
