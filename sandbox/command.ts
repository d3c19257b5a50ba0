import { Command, InvalidArgumentError, Option } from 'commander';
import type { AddedAccount } from './exchange.ts';
import { firstUseOf } from './first-use.ts';
import { type Sandbox, startSandbox } from './start.ts';
import { streamNames } from './streams/index.ts';
import type { Switches } from './switches.ts';

const dayMs = 86_400_000;

interface CommandOptions {
  readonly port: number;
  readonly host: string;
  readonly seed: number;
  readonly records: number;
  readonly days: number;
  readonly idleDays: number;
  readonly end?: number;
  readonly reach?: Partial<Switches>;
  readonly beyondReach: Switches['beyondReach'];
  readonly limits: Switches['limits'];
  readonly order: Switches['order'];
  readonly evenly?: true;
  readonly captured?: true;
  readonly json?: true;
}

/** Runs the sandbox with one account until it is interrupted. */
export async function runSandboxCommand(args: readonly string[]): Promise<void> {
  const options = commandLine()
    .parse([...args], { from: 'user' })
    .opts<CommandOptions>();
  const { port, host, seed, limits, order, reach, beyondReach } = options;
  const sandbox = await startSandbox({ port, host, seed, switches: { limits, order, beyondReach, ...reach } });
  try {
    const account = sandbox.exchange.addAccount();
    const { records, days, idleDays, evenly = false } = options;
    const endMs = options.end ?? firstUseOf({ seed, records, days, idleDays, evenly }, sandbox.exchange.clockMs());
    const lastMs = endMs - idleDays * dayMs;
    if (options.captured) sandbox.exchange.addCaptured(account.name, lastMs);
    sandbox.exchange.generate(account.name, { ...shares(records), days, endMs: lastMs, evenly });
    process.stdout.write(`${greeting(sandbox, account, { ...options, lastMs })}\n`);
    await interrupted();
    process.stderr.write('\nStopped. The same seed makes the same account with the same history again.\n');
  } finally {
    await sandbox.close();
  }
}

function commandLine(): Command {
  return new Command('bitmart-sync sandbox')
    .description(
      'A simulated BitMart with one account, for as long as it runs. Its credentials are worthless anywhere else.',
    )
    .option('--port <number>', 'where it listens; 0: any free port', wholeNumber, 8480)
    .option('--host <address>', 'the address it listens on', '127.0.0.1')
    .option('--seed <number>', 'the same seed makes the same account', wholeNumber, 1)
    .option('--records <number>', 'records of the account', wholeNumber, 20_000)
    .option('--days <number>', 'over how many days they are spread', wholeNumber, 90)
    .option('--idle-days <number>', 'how many days ago the last record happened', wholeNumber, 0)
    .option(
      '--reach <days>',
      'how far back it serves, in days or `none` for without end; of one stream: futures-trades=270. May be repeated',
      reach,
    )
    .option(
      '--beyond-reach <edge>',
      'what a window beyond that gets: empty, error, or a code such as 40011',
      edge,
      'empty',
    )
    .option(
      '--end <time>',
      'when the history ends, `now` or ISO 8601; without it, when this seed was first used here',
      end,
    )
    .option('--evenly', 'one by one instead of in bursts')
    .option('--captured', 'with the captured records of real accounts as well')
    .addOption(new Option('--limits <kind>', 'rate limits').choices(['none', 'fixed', 'sliding']).default('fixed'))
    .addOption(
      new Option('--order <order>', 'order of rows')
        .choices(['newest-first', 'oldest-first', 'shuffled', 'any-choice-sorted'])
        .default('newest-first'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  # an account with 20,000 records of three months, and the limits that BitMart publishes
  bitmart-sync sandbox
  # an account that stopped trading 100 days ago, on an exchange that serves futures for 270 days and then answers 40011
  bitmart-sync sandbox --idle-days 100 --days 170 --reach futures-trades=270 --reach futures-flows=270 --beyond-reach 40011
  # a small account without limits, on any free port, printed as JSON
  bitmart-sync sandbox --records 500 --limits none --port 0 --json`,
    )
    .exitOverride();
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** One more reach: of every stream, or of the one that is named. */
function reach(text: string, before: Partial<Switches> = {}): Partial<Switches> {
  const [days = '', stream] = text.split('=').toReversed();
  const ms = days === 'none' ? null : wholeNumber(days) * dayMs;
  if (stream === undefined) return { ...before, tradesReachMs: ms, movementsReachMs: ms };
  if (!streamNames.some((name) => name === stream)) {
    throw new InvalidArgumentError(`There is no stream "${stream}"; there are ${streamNames.join(', ')}.`);
  }
  return { ...before, reachMs: { ...before.reachMs, [stream]: ms } };
}

function end(text: string): number {
  const instantMs = text === 'now' ? Date.now() : Date.parse(text);
  if (Number.isNaN(instantMs))
    throw new InvalidArgumentError('It must be `now` or a time such as 2026-11-01T00:00:00Z.');
  return instantMs;
}

function edge(text: string): Switches['beyondReach'] {
  if (text === 'empty' || text === 'error') return text;
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be empty, error or a code.');
  return { code: Number(text) };
}

/** Mostly spot trades, as with most users. */
function shares(records: number) {
  const futuresTrades = Math.floor(records * 0.25);
  const withdrawals = Math.floor(records * 0.01);
  const deposits = Math.floor(records * 0.01);
  return { spotTrades: records - futuresTrades - withdrawals - deposits, futuresTrades, withdrawals, deposits };
}

function greeting(
  sandbox: Sandbox,
  account: AddedAccount,
  options: CommandOptions & { readonly lastMs: number },
): string {
  const { apiKey, apiSecret, memo, name } = account;
  const credentials = { apiKey, apiSecret, memo };
  // The command line around us takes --json for itself.
  if (options.json || process.argv.includes('--json'))
    return JSON.stringify({ url: sandbox.url, account: name, credentials });
  return [
    `A simulated BitMart listens at ${sandbox.url}; Ctrl-C ends it.`,
    `Its history ends at ${new Date(options.lastMs).toISOString()}, also after a restart; \`--end now\` makes it anew.`,
    '',
    'Let a worker read it:',
    `  export BITMART_SPOT_URL=${sandbox.url} BITMART_FUTURES_URL=${sandbox.url} BITMART_LIMITS=${options.limits === 'none' ? 'none' : 'published'} SETTLE_LAG=1s`,
    '  (SETTLE_LAG=1s: a new record is read after a second instead of ten.)',
    '',
    `Link its account "${name}" with these credentials:`,
    `  ${JSON.stringify(credentials)}`,
    '',
    `See ${sandbox.url}/_sandbox/counts for the requests that it got, /_sandbox/truth?account=${name} for what is true.`,
  ].join('\n');
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
