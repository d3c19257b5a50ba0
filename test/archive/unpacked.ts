import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Both scripts, run with nothing but their language: no network, no packages, no settings. */
const scripts = {
  'verify.mjs': (file: string) => spawnSync(process.execPath, [file], { env: {}, encoding: 'utf8' }),
  'verify.py': (file: string) => spawnSync('python3', ['-I', '-S', file], { env: bare, encoding: 'utf8' }),
} as const;
const bare = { PATH: process.env.PATH ?? '' };

export type Script = keyof typeof scripts;
export const scriptNames = Object.keys(scripts) as readonly Script[];

/** An unpacked archive that may be tampered with. */
export class UnpackedArchive {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static of(file: string, within: string): UnpackedArchive {
    const folder = mkdtempSync(join(within, 'unpacked-'));
    // --strip-components: into this folder, whatever the one in the archive is called.
    const { status, stderr } = spawnSync('tar', ['xzf', file, '-C', folder, '--strip-components=1'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return new UnpackedArchive(folder);
  }

  copy(within: string): UnpackedArchive {
    const folder = mkdtempSync(join(within, 'copy-'));
    cpSync(this.folder, folder, { recursive: true });
    return new UnpackedArchive(folder);
  }

  get paths(): readonly string[] {
    return globSync('**/*', { cwd: this.folder })
      .filter((path) => statSync(join(this.folder, path)).isFile())
      .toSorted();
  }

  verify(script: Script) {
    const { status, stdout, stderr } = scripts[script](join(this.folder, script));
    return { status, said: `${stdout}${stderr}` };
  }

  bytes(path: string): Buffer {
    return readFileSync(join(this.folder, path));
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the document is
  json(path: string): any {
    return JSON.parse(this.bytes(path).toString());
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the documents are
  lines(path: string): any[] {
    return this.bytes(path)
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  write(path: string, content: string | Buffer): void {
    writeFileSync(join(this.folder, path), content);
  }

  writeLines(path: string, documents: readonly unknown[]): void {
    this.write(path, documents.map((document) => `${JSON.stringify(document)}\n`).join(''));
  }

  /** Makes the manifest fit the files, as a forger would. */
  seal(): void {
    const manifest = this.json('manifest.json');
    const files = this.paths
      .filter((path) => !path.startsWith('manifest.'))
      .map((path) => ({ path, bytes: this.bytes(path).length, sha256: sha256(this.bytes(path)) }));
    const text = JSON.stringify({ ...manifest, files });
    this.write('manifest.json', text);
    this.write('manifest.sha256', `${sha256(Buffer.from(text))}  manifest.json\n`);
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
