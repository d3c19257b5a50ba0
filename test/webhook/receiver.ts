import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export interface Received {
  readonly id: string;
  readonly body: { type: string; timestamp: string; data: { accountId: string; eventId: number; kind: string } };
  /** What it was answered with. */
  readonly answered: number | 'nothing' | 'too late';
}

/** How the receiver answers a message; it gets the number of messages before this one. */
export type Behaviour = (received: number) => number | 'nothing' | 'never';

/** A platform's own server, which verifies with the official verifier what it gets. */
export class Receiver {
  readonly received: Received[] = [];
  readonly failures: unknown[] = [];
  behave: Behaviour = () => 204;
  readonly #server: Server;
  #port = 0;
  #open = new Set<ServerResponse>();

  constructor() {
    this.#server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const text = Buffer.concat(pieces).toString('utf8');
      const answer = this.behave(this.received.length);
      try {
        const body = new Webhook(secret).verify(text, request.headers as Record<string, string>) as Received['body'];
        const answered = answer === 'never' ? 'nothing' : answer;
        this.received.push({ id: request.headers['webhook-id'] as string, body, answered });
      } catch (error) {
        this.failures.push(error);
      }
      this.#open.add(response);
      if (answer === 'nothing') request.socket.destroy();
      else if (answer !== 'never') response.writeHead(answer).end('noted');
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks`;
  }

  /** Again on the same port, once it had one. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Account by account the events that were taken, each the first time, in the order in which they came. */
  taken(): ReadonlyMap<string, readonly number[]> {
    const seen = new Set<string>();
    const taken = new Map<string, number[]>();
    for (const { id, body, answered } of this.received) {
      if (typeof answered !== 'number' || answered > 299 || seen.has(id)) continue;
      seen.add(id);
      const { accountId, eventId } = body.data;
      taken.set(accountId, [...(taken.get(accountId) ?? []), eventId]);
    }
    return taken;
  }
}
