import { Secret } from '../secret.ts';

interface Texts {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
}

/** The three texts that open an account at the exchange. Printed it is `[secret]`; only the getters answer. */
export class Credentials extends Secret<Texts> {
  get apiKey(): string {
    return this.reveal().apiKey;
  }

  get apiSecret(): string {
    return this.reveal().apiSecret;
  }

  get memo(): string {
    return this.reveal().memo;
  }
}
