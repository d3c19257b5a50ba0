/**
 * `npm run incidents`: stages ten incidents on the embedded stack and a sandbox, each shown by an alert, `explain` or
 * `doctor`, and fixed by its entry in docs/runbook.md alone. Names after `--` choose some of them.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../../dev/stack.ts';
import { table } from '../../src/cli/table.ts';
import { type Outcome, playIncident } from './play-incident.ts';
import { incidents } from './staged/index.ts';

// The fleet's figures are read once a minute, so that most of the time is spent waiting.
const atOnce = 2;

const wanted = process.argv.slice(2);
const chosen = incidents.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const stack = await startStack({
  directory: join(mkdtempSync(join(tmpdir(), 'bitmart-sync-incidents-')), 'stack'),
  temporary: true,
  say: (line) => console.error(line),
});
Object.assign(process.env, stack.env, { TEST_DATABASE_URL: stack.env.DATABASE_URL });
const outcomes: Outcome[] = [];
const waiting = [...chosen];
try {
  await Promise.all(Array.from({ length: atOnce }, playWaiting));
} finally {
  await stack.stop();
}

async function playWaiting(): Promise<void> {
  for (let incident = waiting.shift(); incident !== undefined; incident = waiting.shift()) {
    console.error(`${incident.name} …`);
    const outcome = await playIncident(incident);
    console.error(`${incident.name}: ${outcome.failure ?? 'shown and fixed'}`);
    outcomes.push(outcome);
  }
}

const inOrder = chosen.map(({ name }) => outcomes.find((outcome) => outcome.name === name) as Outcome);
console.log(
  table(
    [
      { title: 'incident' },
      { title: 'shown by' },
      { title: 'after', align: 'right' },
      { title: 'fixed by' },
      { title: 'after', align: 'right' },
      { title: '' },
    ],
    inOrder.map((outcome) => [
      outcome.name,
      outcome.shownBy.join(', '),
      `${outcome.shownAfterSeconds} s`,
      outcome.fixedBy,
      `${outcome.mendedAfterSeconds} s`,
      outcome.failure === null ? '✓' : '✗',
    ]),
  ),
);
for (const { name, condensed } of inOrder) if (condensed !== null) console.log(`Condensed, ${name}: ${condensed}.`);
for (const { name, failure } of inOrder) if (failure !== null) console.log(`Failed, ${name}: ${failure}`);
const failed = inOrder.filter(({ failure }) => failure !== null).length;
console.log(`${inOrder.length - failed} of ${inOrder.length} incidents were shown and fixed.`);
process.exit(failed === 0 ? 0 : 1);
