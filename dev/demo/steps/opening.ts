import { StoredRecords } from '../comparison/stored-records.ts';
import { Observer } from '../observer.ts';
import type { Play } from '../play.ts';
import type { Stage } from '../stage.ts';
import { Trading } from '../trading.ts';
import type { Screen } from '../view/screen.ts';

/** Starts everything, from nothing. */
export async function open(stage: Stage, screen: Screen): Promise<Play> {
  await screen.during('Starting Postgres and Temporal with its UI', (note) => stage.startStack(note));
  await screen.during('Starting a simulated BitMart with its published limits', () => stage.startExchange());
  await screen.during('Starting the connection page', () => stage.startLinkPage());
  const firstWorker = await screen.during('Starting a worker', () => stage.startWorker('first worker'));
  const { exchange } = stage.sandbox;
  const trading = new Trading(exchange);
  stage.whenClosing(() => trading.stop());
  const stored = StoredRecords.connect(stage.databaseUrl);
  stage.whenClosing(() => stored.close());
  const observer = new Observer({ exchange, stored, uiUrl: stage.uiUrl }, (snapshot) => screen.show(snapshot));
  stage.whenClosing(() => observer.stop());
  return { stage, screen, exchange, client: stage.connect(), observer, trading, stored, firstWorker };
}
