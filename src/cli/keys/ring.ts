import { stat } from 'node:fs/promises';
import { ClientError } from '../../client/client-error.ts';
import { databaseFailure } from '../../client/database-failure.ts';
import { BadKeyRing, parseKeyRing, type RingKeys } from '../../credentials/key-ring.ts';
import { type RingSource, ringFromFile, ringSourceOf } from '../../credentials/ring-source.ts';
import { connectDatabase, type Database } from '../../database/index.ts';
import { surroundingsOf } from '../surroundings.ts';
import { writeWholeFile } from '../whole-file.ts';

/** The ring of the environment; throws ClientError if there is none, or it is not usable. */
export async function ringOf(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly source: RingSource; readonly keys: RingKeys }> {
  const source = await usable('The private key ring', () => ringSourceOf(env));
  if (source === null) {
    throw wrongRing(
      'No private key ring is named: this command opens keys, so it runs where the worker’s ring is.',
      'Set CREDENTIALS_KEY_FILE or CREDENTIALS_KEY_COMMAND as for the worker.',
    );
  }
  return { source, keys: (await contentOf(source)).keys };
}

/** The ring file to change: the one named, or that of the environment. */
export async function changeableRing(
  env: NodeJS.ProcessEnv,
  named: string | undefined,
): Promise<{ readonly file: string; readonly content: string; readonly keys: RingKeys }> {
  const file = named ?? env.CREDENTIALS_KEY_FILE;
  if (!file) {
    throw wrongRing(
      env.CREDENTIALS_KEY_COMMAND
        ? 'The ring comes from CREDENTIALS_KEY_COMMAND, which can’t be written to.'
        : 'No key ring is named.',
      'Pass --ring FILE, or set CREDENTIALS_KEY_FILE.',
    );
  }
  return { file, ...(await contentOf(ringFromFile(file))) };
}

/** Replaces a ring as a whole, and keeps its owner. */
export async function writeRing(file: string, content: string): Promise<void> {
  const { uid, gid } = await stat(file);
  await writeWholeFile(file, async (unfinished) => {
    await unfinished.writeFile(content);
    // Run by root, the file must stay readable to the worker's user.
    if (process.getuid?.() === 0) await unfinished.chown(uid, gid);
  });
}

function contentOf(source: RingSource): Promise<{ readonly content: string; readonly keys: RingKeys }> {
  return usable(source.name, async () => {
    const content = (await source.read()).reveal();
    return { content, keys: parseKeyRing(content) };
  });
}

async function usable<Result>(name: string, look: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof BadKeyRing)) throw error;
    throw wrongRing(`${name} is not usable: ${error.message}`, 'Correct it: no worker starts with it.');
  }
}

function wrongRing(message: string, remedy: string): ClientError {
  return new ClientError('wrong-configuration', message, remedy);
}

/** Works on the stored boxes with the worker's role, which alone may read them; then closes the connection. */
export async function withKeyDatabase<Result>(
  env: NodeJS.ProcessEnv,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const { databaseUrl: url, databaseSchema: schema } = surroundingsOf(env).client.reveal();
  const database = connectDatabase({ url, schema, role: 'worker', poolSize: 2, applicationName: 'bitmart-sync keys' });
  try {
    return await work(database);
  } catch (error) {
    throw databaseFailure(error, url);
  } finally {
    await database.close();
  }
}
