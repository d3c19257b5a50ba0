import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An exchange that answers like the one behind it, and puts everything that it was sent into everything that it says. */
export class EchoingExchange {
  /** Signatures that came. */
  readonly signatures = new Set<string>();
  /** Also in what it says of wallets and spot trades: then no answer can be believed. */
  echoesEverywhere = false;
  readonly #server: Server;
  readonly #behind: string;

  constructor(behind: string) {
    this.#behind = behind;
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => this.#forward(request, Buffer.concat(pieces), response));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #forward(request: IncomingMessage, sent: Buffer, response: ServerResponse): void {
    const { method, url = '/', headers } = request;
    const signature = headers['x-bm-sign'];
    if (typeof signature === 'string') this.signatures.add(signature);
    const forwarded = send(new URL(url, this.#behind), { method, headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () => {
        const isLeftAlone = !this.echoesEverywhere && leftAlone.test(url) && answer.statusCode === 200;
        if (isLeftAlone)
          return void response.writeHead(200, { 'x-echo': JSON.stringify(headers) }).end(Buffer.concat(pieces));
        const { status, body } = echoed(url, answer.statusCode ?? 200, Buffer.concat(pieces).toString(), {
          headers,
          sent,
        });
        const all = JSON.stringify(headers);
        response.writeHead(status, { 'x-echo': all, 'x-bm-trace': all, 'content-type': 'application/json' }).end(body);
      });
    });
    forwarded.end(sent);
  }
}

const leftAlone = /^\/(account\/v1\/wallet|spot\/v4\/query\/trades|system\/time|contract\/public)/;

function echoed(
  url: string,
  status: number,
  text: string,
  { headers, sent }: { readonly headers: IncomingMessage['headers']; readonly sent: Buffer },
): { readonly status: number; readonly body: string } {
  const [key = '', signature = ''] = [headers['x-bm-key'], headers['x-bm-sign']].map(String);
  const everything = `x-bm-key: ${key} x-bm-sign: ${signature} ${sent.toString()}`;
  const body = JSON.parse(text) as Record<string, unknown>;
  body.trace = key;
  body.errorData = everything;
  if (body.code !== 1_000) Object.assign(body, { message: everything, msg: everything });
  // One stream's every answer is an error, another one's rows repeat what was sent; the others are read.
  if (url.startsWith('/contract/private/trades')) {
    return {
      status: 400,
      body: JSON.stringify({ code: 60000, message: everything, trace: signature, data: { everything } }),
    };
  }
  const data = body.data as { records?: object[]; api_keys?: object[]; cid?: unknown } | null;
  if (url.startsWith('/account/v2/') && Array.isArray(data?.records)) {
    body.data = { records: data.records.map((row) => ({ ...row, address_memo: key, tx_id: everything })) };
  }
  if (url.startsWith('/uapi-key/') && data !== null) {
    data.cid = key;
    data.api_keys = (data.api_keys ?? []).map((each) => ({ ...each, permissions: ['Read-Only', key, everything] }));
  }
  return { status, body: JSON.stringify(body) };
}
