import type { IncomingHttpHeaders } from 'node:http';
import type { Account, Key } from './account.ts';
import type { ActiveFault } from './faults.ts';
import type { Parameters } from './parameters.ts';
import type { StreamName } from './streams.ts';
import type { Switches } from './switches.ts';

/** A request as it came in. */
export interface IncomingCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly address: string;
}

/** A request that the gate let through to an endpoint that anybody may ask. */
export interface PublicCall {
  readonly parameters: Parameters;
  /** The exchange's clock. */
  readonly clockMs: number;
  readonly switches: Switches;
  readonly seed: number;
  /** What shall go wrong with the answer, if it can. */
  readonly fault: ActiveFault | null;
  readonly isUnderMaintenance: boolean;
}

/** A request of a key that is known. */
export interface PrivateCall extends PublicCall {
  readonly account: Account;
  readonly key: Key;
}

export interface Answer {
  readonly httpStatus: number;
  /** The code in its body, where there is one. */
  readonly code: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** What it held, for the log. */
  readonly page: AnsweredPage | null;
}

export interface AnsweredPage {
  readonly stream: StreamName;
  readonly part: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
}

export type Endpoint = PublicEndpoint | PrivateEndpoint;

interface EndpointFacts {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly limit: PublishedLimit;
}

export interface PublicEndpoint extends EndpointFacts {
  readonly level: 'none';
  answer(call: PublicCall): Answer;
}

export interface PrivateEndpoint extends EndpointFacts {
  /** KEYED looks at the key alone; SIGNED at secret, memo and clock as well. */
  readonly level: 'keyed' | 'signed';
  /** Whether its answers hold rows of a history. */
  readonly servesPages?: boolean;
  answer(call: PrivateCall): Answer;
}

export interface PublishedLimit {
  readonly calls: number;
  readonly windowMs: number;
}
