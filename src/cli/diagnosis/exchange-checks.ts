import type { Surroundings } from '../surroundings.ts';
import { type CheckResult, reasonOf, seen, skipped, wrong } from './check.ts';
import { type ExchangeClock, exchangeClock } from './exchange-clock.ts';

// A signed request is refused when our clock is a second ahead; the worker corrects for the offset, but a clock this far
// off is not synchronised, and what is logged and due is wrong by as much.
const maxOffsetMs = 10_000;

/** Whether both hosts of the exchange answer from here, and whether our clock agrees with theirs. */
export async function exchangeChecks(hosts: Surroundings['exchangeHosts']): Promise<readonly CheckResult[]> {
  const clocks: ExchangeClock[] = [];
  const look = async (url: string) => {
    clocks.push(await answer(url));
    return `${url} answers`;
  };
  const answers = await Promise.all([
    seen('exchange (spot)', () => look(hosts.spot)),
    seen('exchange (futures)', () => look(hosts.futures)),
  ]);
  const clock =
    clocks.length === 0 ? skipped('clock', 'exchange (spot)') : await seen('clock', () => clockText(clocks));
  return [...answers, clock];
}

async function answer(url: string): Promise<ExchangeClock> {
  try {
    return await exchangeClock(url);
  } catch (error) {
    throw wrong(
      `${url} does not answer with its time (${reasonOf(error)})`,
      'Check the network and the address (BITMART_SPOT_URL, BITMART_FUTURES_URL). Data centres may be turned away at the edge.',
    );
  }
}

async function clockText(clocks: readonly ExchangeClock[]): Promise<string> {
  const { offsetMs } = clocks.reduce((worst, clock) =>
    Math.abs(clock.offsetMs) > Math.abs(worst.offsetMs) ? clock : worst,
  );
  const text = `the exchange's is ${Math.abs(offsetMs)} ms ${offsetMs >= 0 ? 'ahead of' : 'behind'} ours`;
  if (Math.abs(offsetMs) > maxOffsetMs) throw wrong(text, 'Let this machine’s clock be kept by NTP (`timedatectl`).');
  return text;
}
