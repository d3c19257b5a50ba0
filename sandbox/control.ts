import type { KeyChanges, KeyOptions } from './account.ts';
import type { Wallet } from './books.ts';
import type { AccountOptions, SandboxExchange } from './exchange.ts';
import type { FaultOptions } from './faults.ts';
import type { GenerateOptions } from './generate.ts';
import type { RecordChoice } from './record-choice.ts';
import { streamNamed } from './streams/index.ts';
import type { Switches } from './switches.ts';
import type { GivenRow } from './wire-text.ts';
import { readWireText, type WireRow, wireText } from './wire-text.ts';

/** Where another process drives the exchange. */
export const controlPath = '/_sandbox/';

interface ControlCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

interface ControlAnswer {
  readonly httpStatus: number;
  readonly text: string;
}

type Input = Readonly<Record<string, unknown>> & { readonly account: string };
type Action = (exchange: SandboxExchange, input: Input, query: URLSearchParams) => unknown;

const actions: Readonly<Record<string, Action>> = {
  'POST accounts': (exchange, input) => exchange.addAccount(input as AccountOptions),
  'POST keys': (exchange, { account, ...options }) => exchange.addKey(account, options as KeyOptions),
  'PATCH keys': (exchange, { apiKey, ...changes }) => exchange.changeKey(String(apiKey), changes as KeyChanges),
  'DELETE keys': (exchange, _input, query) => exchange.removeKey(query.get('apiKey') ?? ''),
  'POST rows': (exchange, { account, stream, rows }) =>
    exchange.add(account, streamNamed(String(stream)), rows as GivenRow[]),
  'POST change': (exchange, { account, stream, id, fields }) =>
    exchange.change(account, streamNamed(String(stream)), String(id), fields as WireRow),
  'POST vanish': (exchange, { account, ...choice }) => exchange.vanish(account, choice as RecordChoice),
  'POST restore': (exchange, { account, ...choice }) => exchange.restore(account, choice as RecordChoice),
  'POST generate': (exchange, { account, ...options }) => exchange.generate(account, options as GenerateOptions),
  'POST opening': (exchange, { account, wallet, coin, amount }) =>
    exchange.setOpening(account, wallet as Wallet, String(coin), String(amount)),
  'POST captured': (exchange, { account, endMs }) => exchange.addCaptured(account, endMs as number | undefined),
  'GET switches': (exchange) => exchange.switches,
  'POST switches': (exchange, { account: _, ...changes }) => {
    exchange.setSwitches(changes as Partial<Switches>);
    return exchange.switches;
  },
  'POST faults': (exchange, input) => ({ id: exchange.inject(input as unknown as FaultOptions) }),
  'DELETE faults': (exchange, _input, query) => exchange.clearFaults(query.get('id') ?? undefined),
  'GET truth': (exchange, _input, query) => exchange.truth(query.get('account') ?? ''),
  'GET served': (exchange, _input, query) => exchange.served(query.get('account') ?? ''),
  'GET log': (exchange) => exchange.log,
  'GET counts': (exchange) => exchange.counts(),
};

/** Does what a path under `/_sandbox/` names: its JSON is what the method of that name on the exchange takes and gives. */
export function controlAnswer(exchange: SandboxExchange, call: ControlCall): ControlAnswer {
  const name = `${call.method} ${call.path.slice(controlPath.length)}`;
  const action = actions[name];
  if (!action) return failure(404, `There is no "${name}"; there are ${Object.keys(actions).join(', ')}.`);
  try {
    const input = call.body === '' ? {} : readWireText(call.body);
    return { httpStatus: 200, text: wireText(action(exchange, input as Input, call.query) ?? {}) };
  } catch (error) {
    return failure(400, error instanceof Error ? error.message : String(error));
  }
}

function failure(httpStatus: number, error: string): ControlAnswer {
  return { httpStatus, text: JSON.stringify({ error }) };
}
