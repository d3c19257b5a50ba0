import { openTime, timeRead } from '../../bitmart/system-time.ts';
import type { Surroundings } from '../surroundings.ts';
import { type CheckResult, reasonOf, seen, skipped, wrong } from './check.ts';

// A signed request is refused if our clock is a second ahead. The worker corrects for the offset, but a clock this far off is
// not synchronised, and logs and due times are wrong by as much.
const maxOffsetMs = 10_000;

/** Whether both hosts of the exchange answer from here, and whether our clock agrees with theirs. */
export async function exchangeChecks(hosts: Surroundings['exchangeHosts']): Promise<readonly CheckResult[]> {
  const offsetsMs: number[] = [];
  const look = async (url: string) => {
    offsetsMs.push(await answer(url));
    return `${url} answers`;
  };
  const answers = await Promise.all([
    seen('exchange (spot)', () => look(hosts.spot)),
    seen('exchange (futures)', () => look(hosts.futures)),
  ]);
  const clock =
    offsetsMs.length === 0 ? skipped('clock', 'exchange (spot)') : await seen('clock', () => clockText(offsetsMs));
  return [...answers, clock];
}

async function answer(url: string): Promise<number> {
  try {
    return await clockOffsetMs(url);
  } catch (error) {
    throw wrong(
      `${url} does not answer with its time (${reasonOf(error)})`,
      'Check the network and the address (BITMART_SPOT_URL, BITMART_FUTURES_URL). Data centres may be turned away at the edge.',
    );
  }
}

async function clockText(offsetsMs: readonly number[]): Promise<string> {
  const offsetMs = offsetsMs.reduce((worst, each) => (Math.abs(each) > Math.abs(worst) ? each : worst));
  const text = `the exchange's is ${Math.abs(offsetMs)} ms ${offsetMs >= 0 ? 'ahead of' : 'behind'} ours`;
  if (Math.abs(offsetMs) > maxOffsetMs) throw wrong(text, 'Let this machine’s clock be kept by NTP (`timedatectl`).');
  return text;
}

/** As for a worker's request, plus the time to connect. */
const timeoutMs = 8_000;

/**
 * How far the clock of one of the exchange's hosts is ahead of ours. Needs no key; shows whether this machine reaches the
 * exchange and whether the clocks agree (a signed request from a clock one second ahead is refused).
 */
export async function clockOffsetMs(hostUrl: string): Promise<number> {
  const sentMs = Date.now();
  const response = await fetch(new URL(timeRead.endpoint, hostUrl), {
    headers: { 'User-Agent': 'bitmart-sync', Accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  const bytes = await startOf(response);
  const receivedMs = Date.now();
  const { status, headers } = response;
  const text = new TextDecoder().decode(bytes);
  const answer = { endpoint: timeRead.endpoint, status, headers: new Map(headers), text, bytes };
  const { serverMs } = openTime(answer, { secrets: [], note: () => undefined });
  return Math.round(serverMs - (sentMs + receivedMs) / 2);
}

/** The beginning of an answer, far longer than an answer with a time. */
async function startOf({ body }: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxLength) break;
  }
  return Buffer.concat(pieces);
}

const maxLength = 16_384;
