import { createHmac } from 'node:crypto';

interface Credentials {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked at
  readonly body: any;
}

/** A client written by hand from the exchange's documentation, so that the sandbox is not measured by what it is made to test. */
export class SigningClient {
  readonly #url: string;
  readonly #key: Credentials;

  constructor(url: string, key: Credentials) {
    this.#url = url;
    this.#key = key;
  }

  get(path: string, parameters: Readonly<Record<string, string | number>> = {}): Promise<Reply> {
    const query = new URLSearchParams(
      Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return this.send(`${path}?${query}`, { headers: { 'X-BM-KEY': this.#key.apiKey } });
  }

  post(path: string, body: object, changes: { timestampMs?: number; sign?: string; body?: string } = {}) {
    const text = JSON.stringify(body);
    const timestamp = String(changes.timestampMs ?? Date.now());
    const message = `${timestamp}#${this.#key.memo}#${text}`;
    const sign = changes.sign ?? createHmac('sha256', this.#key.apiSecret).update(message).digest('hex');
    const headers = {
      'X-BM-KEY': this.#key.apiKey,
      'X-BM-TIMESTAMP': timestamp,
      'X-BM-SIGN': sign,
      'Content-Type': 'application/json',
    };
    return this.send(path, { method: 'POST', body: changes.body ?? text, headers });
  }

  async send(path: string, init: RequestInit): Promise<Reply> {
    const answer = await fetch(new URL(path, this.#url), init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: parsed(text) };
  }

  spotTrades(body: object): Promise<Reply> {
    return this.post('/spot/v4/query/trades', body);
  }

  futuresTrades(parameters: Readonly<Record<string, string | number>>): Promise<Reply> {
    return this.get('/contract/private/trades', parameters);
  }

  movements(parameters: Readonly<Record<string, string | number>>): Promise<Reply> {
    return this.get('/account/v2/deposit-withdraw/history', { operation_type: 'withdraw', N: 1000, ...parameters });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
