import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { ClientError, type ClientErrorCode } from '../client/client-error.ts';

/** Writes a file as a whole or not at all: until then readers see the former one. Only its owner can read it. */
export async function writeWholeFile<Result>(
  file: string,
  fill: (unfinished: FileHandle) => Promise<Result>,
  codeOfFailure: ClientErrorCode = 'not-available',
): Promise<Result> {
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.unfinished`;
  const handle = await open(unfinished, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const message = `${file} can't be written (${error.code ?? error.message}).`;
    throw new ClientError(codeOfFailure, message, 'Name a file in a folder that exists.', { cause: error });
  });
  try {
    const result = await fill(handle);
    await handle.sync();
    await handle.close();
    await rename(unfinished, file);
    return result;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}
