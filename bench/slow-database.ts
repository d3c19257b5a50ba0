import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SlowDatabase {
  /** The same database, behind the network. */
  readonly url: string;
  close(): Promise<void>;
}

/** A network before Postgres: every byte takes so long each way, in its order. */
export async function slowDatabase(databaseUrl: string, eachWayMs: number): Promise<SlowDatabase> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((worker) => {
    const postgres = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [worker, postgres],
      [postgres, worker],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      let last = Promise.resolve();
      from.on('data', (bytes) => {
        const arrived = sleep(eachWayMs);
        last = last.then(() => arrived).then(() => void to.write(bytes));
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
