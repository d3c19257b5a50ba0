import { generateKeyRing, parsePublicKey } from '../../credentials/key-ring.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { changeableRing, writeRing } from './ring-file.ts';

/** Puts a new current key into a ring; the older ones stay and open what was sealed for them. */
export async function addKey({ env, output }: Invocation, { ring }: { readonly ring?: string }): Promise<ExitStatus> {
  const { file, content, keys } = await changeableRing(env, ring);
  const { publicKey, ringFile } = await generateKeyRing(content);
  await writeRing(file, ringFile);
  const { id } = parsePublicKey(publicKey);
  await output.result({ file, id, publicKey, older: keys.map((key) => key.id) }, () => publicKey);
  output.note(`${id} is the current key of ${file}. Copy the file to every worker, and keep a copy in a safe place.`);
  output.note('Then set CREDENTIALS_PUBLIC_KEY of everything that links to the line above, and run `keys rewrap`.');
  return exitStatus.done;
}
