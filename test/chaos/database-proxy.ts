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

  /** Springs at the first message with that text. */
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
    const connection: Connection = { worker, postgres, committing: null };
    postgres.on('data', (bytes) => worker.write(bytes));
    worker.on('data', (bytes: Buffer) => void this.#forward(connection, bytes));
  }

  async #forward(connection: Connection, bytes: Buffer): Promise<void> {
    const { worker, postgres } = connection;
    if (this.#trap !== null && bytes.includes(this.#trap.text)) {
      connection.committing = this.#trap;
      this.#trap = null;
    }
    const trap = connection.committing;
    const isSprung = trap !== null && (trap.when === 'before it is sent' || bytes.includes(trap.ending));
    if (!isSprung) {
      postgres.write(bytes);
      return;
    }
    connection.committing = null;
    // What the worker sends afterwards waits behind it.
    worker.pause();
    if (trap.when === 'before its answer comes') {
      postgres.pause();
      postgres.write(bytes);
    }
    const fate = await trap.onHit();
    if (fate === 'is lost') worker.destroy();
    else if (trap.when === 'before it is sent') postgres.write(bytes);
    postgres.resume();
    worker.resume();
  }
}

interface Connection {
  readonly worker: Socket;
  readonly postgres: Socket;
  /** Has written what a trap waits for, and not yet ended it. */
  committing: Trap | null;
}

export interface Trap {
  readonly text: string;
  /** What ends the writing: `commit`, or the same text where a statement stands alone. */
  readonly ending: string;
  readonly when: 'before it is sent' | 'before its answer comes';
  /** Everything on the connection waits for it. */
  readonly onHit: () => Promise<'goes on' | 'is lost'>;
}
