import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isFree } from './free-port.ts';

/** The port that a part of a stack had the last time it ran from this folder; another one, which is kept, where that is in use. */
export async function portOf(directory: string, part: string, say: (line: string) => void): Promise<number> {
  const file = join(directory, 'ports.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>) : {};
  const before = kept[part];
  if (before !== undefined && (await isFree(before))) return before;
  const port = await freePort();
  if (before !== undefined) say(`Port ${before} of ${part} is in use; it gets ${port}.`);
  writeFileSync(file, JSON.stringify({ ...kept, [part]: port }));
  return port;
}
