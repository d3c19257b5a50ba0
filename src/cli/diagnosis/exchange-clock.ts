/** What one of the exchange's hosts said of the time. */
export interface ExchangeClock {
  readonly serverTimeMs: number;
  /** How far the exchange's clock is ahead of ours. */
  readonly offsetMs: number;
}

/** As a request of the worker, with a connection to be made first. */
const timeoutMs = 8_000;

/**
 * Asks a host of the exchange for its time. Needs no key; shows whether this machine reaches the exchange and whether the
 * clocks agree (a signed request from a clock one second ahead is refused).
 */
export async function exchangeClock(hostUrl: string): Promise<ExchangeClock> {
  const sentMs = Date.now();
  const response = await fetch(new URL('/system/time', hostUrl), {
    headers: { 'User-Agent': 'bitmart-sync', Accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  const body = await startOf(response);
  const receivedMs = Date.now();
  const serverTimeMs = serverTimeOf(body);
  if (!response.ok || serverTimeMs === null) {
    const what = body.trimStart().startsWith('<') ? 'a web page of the network edge' : 'no time';
    throw new Error(`HTTP ${response.status}, ${what}`);
  }
  return { serverTimeMs, offsetMs: Math.round(serverTimeMs - (sentMs + receivedMs) / 2) };
}

/** The beginning of an answer, far longer than one with a time in it. */
async function startOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > maxLength) break;
  }
  return text;
}

const maxLength = 16_384;

function serverTimeOf(body: string): number | null {
  try {
    const time: unknown = JSON.parse(body)?.data?.server_time;
    return typeof time === 'number' && Number.isFinite(time) ? time : null;
  } catch {
    return null;
  }
}
