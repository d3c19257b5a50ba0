import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { ClientError } from '../client/client-error.ts';

/** Writes a file as a whole or not at all: whoever opens it meanwhile sees the former one. */
export async function writeWholeFile(file: string, content: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.unfinished`;
  try {
    await writeFile(unfinished, content, { flag: 'wx' });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new ClientError(
      'not-available',
      `${file} can't be written (${reason}).`,
      'Name a file in a folder that exists.',
      {
        cause: error,
      },
    );
  }
}
