import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a worker does to Postgres goes through here, so that something can happen to it just as it writes. */
export class DatabaseProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trap: Trap | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(targetPort: number): Promise<DatabaseProxy> {
    const server = createServer();
    const proxy = new DatabaseProxy(server);
    server.on('connection', (worker) => proxy.#connect(worker, targetPort));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Holds the first message with that text; it goes on, or is lost with its connection, as `onHit` answers. */
  arm(trap: Trap): void {
    this.#trap = trap;
  }

  disarm(): void {
    this.#trap = null;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(worker: Socket, targetPort: number): void {
    const postgres = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [worker, postgres],
      [postgres, worker],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    postgres.on('data', (bytes) => worker.write(bytes));
    worker.on('data', (bytes: Buffer) => void this.#forward(worker, postgres, bytes));
  }

  async #forward(worker: Socket, postgres: Socket, bytes: Buffer): Promise<void> {
    const trap = this.#trap;
    if (trap === null || !bytes.includes(trap.text)) {
      postgres.write(bytes);
      return;
    }
    this.#trap = null;
    // What the worker sends afterwards waits behind it.
    worker.pause();
    if ((await trap.onHit()) === 'goes on') {
      postgres.write(bytes);
      worker.resume();
    } else worker.destroy();
  }
}

export interface Trap {
  readonly text: string;
  readonly onHit: () => Promise<'goes on' | 'is lost'>;
}
