import { StoredRecords } from '../comparison/stored-records.ts';
import type { DemoRun } from '../demo-run.ts';
import type { Installation } from '../installation.ts';
import { Observer } from '../observer.ts';
import { Trading } from '../trading.ts';
import type { Screen } from '../view/screen.ts';

/** Starts everything, from nothing. */
export async function open(installation: Installation, screen: Screen): Promise<DemoRun> {
  await screen.during('Starting Postgres and Temporal with its UI', (note) => installation.startStack(note));
  await screen.during('Starting a simulated BitMart with its published limits', () => installation.startExchange());
  await screen.during('Starting the connection page', () => installation.startLinkPage());
  const firstWorker = await screen.during('Starting a worker', () => installation.startWorker('first worker'));
  const { exchange } = installation.sandbox;
  const trading = new Trading(exchange);
  installation.whenClosing(() => trading.stop());
  const stored = StoredRecords.connect(installation.databaseUrl);
  installation.whenClosing(() => stored.close());
  const observer = new Observer({ exchange, stored, uiUrl: installation.uiUrl }, (snapshot) => screen.show(snapshot));
  installation.whenClosing(() => observer.stop());
  return { installation, screen, exchange, client: installation.connect(), observer, trading, stored, firstWorker };
}
