import type { DemoRun } from '../demo-run.ts';
import type { WatchedAccount } from '../observer.ts';
import { type AccountSight, recordsOf, rowsOf, type Snapshot } from '../snapshot.ts';
import { count } from '../view/words.ts';

const halfWithinMs = 180_000;
const restWithinMs = 240_000;
/** Temporal gives a page to another worker when it has had no heartbeat for this time. */
const takeOverMs = 15_000;
/** The outage lasts a little longer than that, so that the second worker meets it as well. */
const outageMs = takeOverMs + 3_000;

/** Reads everything there is, through the loss of the worker and an outage of the exchange. */
export async function backfill(run: DemoRun, account: WatchedAccount): Promise<void> {
  const { screen, observer } = run;
  const { owner } = account.simulated;
  const half = await observer.until(
    (snapshot) => rowsOf(sightOf(snapshot, owner)) * 2 >= recordsOf(sightOf(snapshot, owner)),
    `Half of ${owner}'s backfill`,
    halfWithinMs,
  );
  screen.say(`Half of ${owner}'s records are stored (${count(rowsOf(sightOf(half, owner)))}). Now for some trouble:`);
  const back = await makeTrouble(run);
  await observer.until(
    (snapshot) => rowsOf(sightOf(snapshot, owner)) > rowsOf(sightOf(back, owner)),
    'Going on after the outage',
    restWithinMs,
  );
  observer.notice(null);
  screen.say("  it goes on where the first worker's last page ended");
  await observer.until(
    (snapshot) => snapshot.accounts.every(({ status }) => status === 'live'),
    'The end of the backfill',
    restWithinMs,
  );
  screen.say(
    'Both accounts are live: every trade that the exchange still serves is read, and every movement since 2017.',
  );
}

/** The state after the backfill. */
async function makeTrouble({ screen, installation, exchange, observer, firstWorker }: DemoRun): Promise<Snapshot> {
  await firstWorker.kill();
  const killedMs = Date.now();
  screen.say('  the worker is killed with SIGKILL, in the middle of its pages');
  const outage = exchange.inject({ fault: 'server-error' });
  screen.say('  and the exchange answers 503 to everybody');
  observer.notice((nowMs) => takeOverText(killedMs + takeOverMs - nowMs));
  const { refused } = (await observer.look()).exchange;
  await installation.startWorker('second worker');
  screen.say(`  another worker is up; Temporal hands it the pages under way ${takeOverMs / 1_000} s after the kill`);
  await observer.watchFor(killedMs + outageMs - Date.now());
  exchange.clearFaults(outage);
  observer.notice(() => 'Temporal tries again what had failed, each activity a little later than the last time');
  const back = await observer.look();
  screen.say(`  the exchange is back, having refused ${back.exchange.refused - refused} requests of the second worker`);
  return back;
}

function takeOverText(leftMs: number): string {
  return leftMs > 0
    ? `Temporal hands the pages under way to the second worker in ${Math.ceil(leftMs / 1_000)} s`
    : 'The second worker meets the outage, and tries again and again';
}

function sightOf(snapshot: Snapshot, owner: string): AccountSight {
  return snapshot.accounts.find((account) => account.owner === owner) as AccountSight;
}
