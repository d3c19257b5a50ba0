export interface DependencyRule {
  /** The folder or file that the rule is about; the longest one that matches a file applies. */
  readonly of: string;
  /** Folders and files of this repository that it may import besides itself. */
  readonly modules: readonly string[];
  /** What it may import with `import type` alone. */
  readonly types: readonly string[];
  /** Exceptions from the two above. */
  readonly never: readonly string[];
  /** Packages; a star stands for anything. */
  readonly packages: readonly string[];
}

const nothing = { modules: [], types: [], never: [], packages: [] };

/**
 * Which way dependencies point. The core imports nothing, so that its tests need nothing. Workflows import only what runs
 * without clock, disk and network. What a platform imports can't open a key and has no terminal code.
 */
export const dependencyRules: readonly DependencyRule[] = [
  { ...nothing, of: 'src/history' },
  { ...nothing, of: 'src/books', modules: ['src/history'] },
  // What people read, and the problems that it is said of.
  { ...nothing, of: 'src/texts', types: ['src/history'] },
  { ...nothing, of: 'src/problems', modules: ['src/history', 'src/texts'] },
  {
    ...nothing,
    of: 'src/workflows',
    modules: ['src/history', 'src/problems', 'src/texts/en.ts'],
    types: ['src/activities/contract.ts'],
    packages: ['@temporalio/workflow', '@temporalio/common', 'async-mutex'],
  },
  {
    ...nothing,
    of: 'src/bitmart',
    modules: ['src/history', 'src/books', 'src/recent-map.ts'],
    packages: ['node:*', 'undici'],
  },
  {
    ...nothing,
    of: 'src/database',
    modules: ['src/history'],
    types: ['src/books', 'src/workflows/messages.ts'],
    packages: ['node:*', 'kysely', 'kysely/*', 'pg'],
  },
  {
    ...nothing,
    of: 'src/webhook',
    modules: ['src/secret.ts'],
    packages: ['node:*', 'ipaddr.js', 'standardwebhooks', 'undici'],
  },
  {
    ...nothing,
    of: 'src/credentials',
    modules: ['src/history/credentials-slips.ts', 'src/secret.ts'],
    packages: ['node:*', 'libsodium-wrappers', '@temporalio/common'],
  },
  {
    ...nothing,
    of: 'src/activities',
    modules: [
      'src/history',
      'src/books',
      'src/problems',
      'src/database',
      'src/credentials',
      'src/workflows/messages.ts',
    ],
    types: ['src/webhook', 'src/bitmart', 'src/workflows/account-start.ts'],
    packages: ['node:*', '@temporalio/activity', '@temporalio/common'],
  },
  {
    ...nothing,
    of: 'src/answers',
    modules: ['src/history', 'src/problems', 'src/texts', 'src/duration.ts'],
    types: ['src/books', 'src/workflows/messages.ts', 'src/bitmart/streams'],
  },
  {
    ...nothing,
    of: 'src/report',
    modules: ['src/history', 'src/problems', 'src/answers', 'src/texts', 'src/duration.ts'],
  },
  {
    ...nothing,
    of: 'src/client',
    modules: [
      'src/history',
      'src/books',
      'src/problems',
      'src/texts',
      'src/answers',
      'src/report',
      'src/database',
      'src/credentials',
      'src/workflows/messages.ts',
      'src/workflows/account-start.ts',
      'src/workflows/search-attribute-keys.ts',
      'src/bitmart/streams',
      'src/bitmart/timetable.ts',
      'src/temporal-interceptors.ts',
    ],
    never: ['src/credentials/open.ts'],
    packages: ['node:*', '@temporalio/client', '@temporalio/common', 'standardwebhooks', 'zod'],
  },
  {
    ...nothing,
    of: 'src/cli',
    modules: [
      'src/history',
      'src/answers',
      'src/client',
      'src/database',
      'src/credentials/key-ring.ts',
      'src/credentials/payload-codec.ts',
      'src/credentials/ring-source.ts',
      'src/workflows/messages.ts',
      'src/bitmart/hosts.ts',
      'src/bitmart/system-time.ts',
      'src/bitmart/timetable.ts',
      'src/duration.ts',
      'src/secret.ts',
      'src/webhook/probe-webhook.ts',
      'src/webhook/webhook-configuration.ts',
    ],
    types: ['src/link-page/server.ts'],
    packages: ['node:*', 'commander', 'string-width', '@temporalio/envconfig'],
  },
  // The one place of the command line that opens keys: it seals them again, where the ring is.
  {
    ...nothing,
    of: 'src/cli/keys',
    modules: ['src/cli', 'src/client', 'src/database', 'src/credentials', 'src/secret.ts'],
    packages: ['node:*'],
  },
  {
    ...nothing,
    of: 'src/link-page',
    modules: [
      'src/client/client-error.ts',
      'src/client/link-sessions.ts',
      'src/client/link-url.ts',
      'src/history/credentials-slips.ts',
      'src/history/failure.ts',
      'src/problems/describe-problem.ts',
      'src/texts',
      'src/recent-map.ts',
    ],
    types: ['src/client', 'src/database', 'src/history'],
    packages: ['node:*', 'hono', 'hono/*', '@hono/node-server', '@hono/node-server/*'],
  },
  {
    ...nothing,
    of: 'src/config.ts',
    types: ['src/webhook'],
    modules: [
      'src/credentials',
      'src/bitmart/hosts.ts',
      'src/bitmart/timetable.ts',
      'src/duration.ts',
      'src/secret.ts',
      'src/webhook/webhook-configuration.ts',
    ],
    packages: ['node:*', 'zod'],
  },
  { ...nothing, of: 'src/temporal-interceptors.ts', packages: ['@temporalio/client'] },
  // The composition root and what only it uses.
  { ...nothing, of: 'src', modules: ['src'], packages: ['*'] },
  { ...nothing, of: 'src/worker', modules: ['src'], never: ['src/client'], packages: ['*'] },
  // It plays the exchange: it must not share our mistakes.
  { ...nothing, of: 'sandbox', packages: ['*'] },
];
