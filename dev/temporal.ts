import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { becomesReady, killed, type RunningProcess, startGuarded } from './guarded-process.ts';
import { findTemporal } from './temporal-binary.ts';

export interface TemporalOptions {
  /** Where the server keeps its database and log. */
  readonly directory: string;
  readonly temporary?: boolean;
  /** @default any free one */
  readonly port?: number;
  /** @default any free one */
  readonly uiPort?: number;
  readonly say: (line: string) => void;
}

export interface RunningTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  /** SIGKILL; its data stays, so that it can be started again. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const searchAttributes = [
  'SyncStatus=Keyword',
  'StatusSince=Keyword',
  'OwnerId=Keyword',
  'HistoryAtRiskAt=Datetime',
  'CompleteThrough=Datetime',
];

/** A real Temporal server with its UI on free ports of the loopback, as a child process that ends with us. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const command = await findTemporal(options.say);
  mkdirSync(options.directory, { recursive: true });
  // The server chooses ports for its own parts before it listens at them, and ends where another process is quicker.
  for (let attempt = 1; ; attempt++) {
    const [port, uiPort] = [options.port ?? (await freePort()), options.uiPort ?? (await freePort())];
    const server = startServer(command, { ...options, port, uiPort });
    const answer = async () => (await answers(port)) && (await answers(uiPort));
    if (await becomesReady(server, answer)) {
      return {
        address: `127.0.0.1:${port}`,
        namespace: 'default',
        uiUrl: `http://127.0.0.1:${uiPort}`,
        kill: () => killed(server),
        stop: () => server.stop(),
      };
    }
    if (attempt === 3) throw new Error(`Temporal ended before it was ready. ${server.lastLines()}`);
    await server.stop();
  }
}

function startServer(
  command: string,
  { directory, temporary, port, uiPort }: TemporalOptions & { readonly port: number; readonly uiPort: number },
): RunningProcess {
  const flags = [
    ['--ip', '127.0.0.1'],
    ['--port', String(port)],
    ['--ui-port', String(uiPort)],
    ['--db-filename', join(directory, 'temporal.db')],
    ['--log-level', 'warn'],
    ['--sqlite-pragma', 'journal_mode=wal'],
    ['--sqlite-pragma', 'synchronous=off'],
    // Workflow code that fails is marked at its second failure instead of its fifth, a minute later.
    ['--dynamic-config-value', 'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2'],
    ...searchAttributes.map((attribute) => ['--search-attribute', attribute]),
  ];
  return startGuarded(
    {
      command,
      arguments: ['server', 'start-dev', '--ui-disable-news-fetch', ...flags.flat()],
      directory,
      stopSignal: 'SIGTERM',
      graceMs: 8_000,
      removeWhenStopped: temporary ? [directory] : [],
    },
    join(directory, 'temporal.log'),
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
