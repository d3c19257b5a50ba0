import type { IncomingHttpHeaders } from 'node:http';
import type { Account, Key } from './account.ts';
import type { ActiveFault } from './faults.ts';
import type { Parameters } from './parameters.ts';
import type { PageQuestion } from './question.ts';
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
  /** Rows of a history that it holds. */
  readonly rows: number;
}

/** Each part of BitMart has its own word for success. */
export type SuccessWord = 'success' | 'Ok' | 'OK';

export type Endpoint = PublicEndpoint | PrivateEndpoint | PageEndpoint;

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
  answer(call: PrivateCall): Answer;
}

/** Answers with rows of a history. */
export interface PageEndpoint extends EndpointFacts {
  readonly level: 'keyed' | 'signed';
  readonly word: SuccessWord;
  /** What the list is called under `data`; null: it is `data` itself. */
  readonly listName: string | null;
  /** What the request asks for; throws the refusal of what BitMart refuses. */
  question(call: PrivateCall): PageQuestion;
}

export interface PublishedLimit {
  readonly calls: number;
  readonly windowMs: number;
}
