/**
 * `npm run demo`: links two accounts of a simulated BitMart, reads their history through a killed worker and an outage,
 * follows new trades, and compares every stored row with the truth. `-- --exit` ends then, with 0 only if all is right.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Interrupted, interruption } from '../interruption.ts';
import { sentenceOf } from './failure.ts';
import { Installation } from './installation.ts';
import { keepRunning } from './keep-running.ts';
import { runScenario } from './scenario.ts';
import { createScreen } from './view/create-screen.ts';

const closingWithinMs = 25_000;

const help = `Usage: npm run demo [-- --exit]

Links two accounts of a simulated BitMart and reads their history, through a killed worker and an outage of the exchange.
Then it compares every stored row with the truth. It needs nothing but this repository, uses free ports and a temporary
folder, and removes both when it ends.

  --exit  end once everything is verified, with status 0 only if no record was lost, duplicated or falsely claimed
  --help  show this

Without --exit it goes on trading until Ctrl-C, so that you can look around. It takes about a minute to get there.
`;

async function main(): Promise<number> {
  const asked = options();
  if (asked === null) return 2;
  if (asked.help) {
    process.stdout.write(help);
    return 0;
  }
  const interrupted = interruption();
  const screen = createScreen(process.stdout);
  const installation = new Installation();
  let status: number;
  try {
    const unhappy = Promise.race([interrupted, installation.crash]);
    const { run, accounts, isFlawless } = await Promise.race([runScenario(installation, screen), unhappy]);
    status = isFlawless ? 0 : 1;
    if (!asked.exit) await Promise.race([keepRunning(run, accounts), unhappy]);
  } catch (error) {
    screen.hide();
    status = error instanceof Interrupted ? error.exitStatus : 1;
    if (error instanceof Interrupted) screen.say('Interrupted: stopping the worker, Temporal, Postgres and BitMart …');
    else explain(error, installation);
  }
  const closed = await Promise.race([
    installation.close().then(() => true),
    sleep(closingWithinMs, false, { ref: false }),
  ]);
  screen.say(closed ? 'Everything has stopped, and the temporary folder is removed.' : 'Some of it is still stopping.');
  screen.close();
  return status;
}

/** Null, with what is wrong on standard error, where the options are wrong. */
function options(): { readonly exit?: boolean; readonly help?: boolean } | null {
  try {
    const { values } = parseArgs({ options: { exit: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
    return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${help}`);
    return null;
  }
}

function explain(error: unknown, installation: Installation): void {
  console.error(`\nThe demo failed: ${sentenceOf(error)}`);
  const words = installation.logTail();
  if (words.length > 0) console.error(`\nThe end of the worker's log:\n${words.map((line) => `  ${line}`).join('\n')}`);
}

process.exit(await main());
