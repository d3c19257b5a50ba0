import { createHash } from 'node:crypto';

/** A file's content, or a function that produces the same content each time. */
export type Content = string | Uint8Array | (() => AsyncIterable<string>);

interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a tar file as a stream, and notes the hash of each file. A tar header names the size of a file before its content, so
 * a long content is produced twice: the first time only to be measured. Nothing is written to a disk.
 */
export class TarWriter {
  readonly #folder: string;
  readonly #at: Date;
  readonly files: WrittenFile[] = [];

  constructor(folder: string, at: Date) {
    this.#folder = folder;
    this.#at = at;
  }

  async *file(path: string, content: Content): AsyncGenerator<Uint8Array, void, undefined> {
    const { size, chunks } = await measured(typeof content === 'function' ? content : () => [content]);
    yield this.#header(path, size);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of chunks) {
      const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      hash.update(buffer);
      bytes += buffer.length;
      yield buffer;
    }
    if (bytes !== size) throw new Error(`${path} has ${bytes} bytes the second time it is made, and had ${size}.`);
    yield Buffer.alloc(-size & (blockBytes - 1));
    this.files.push({ path, bytes, sha256: hash.digest('hex') });
  }

  /** The end mark of a tar file. */
  end(): Uint8Array {
    return Buffer.alloc(2 * blockBytes);
  }

  /** POSIX ustar: fields are octal texts; the checksum is the sum of the header's bytes, with its own eight bytes as blanks. */
  #header(path: string, size: number): Uint8Array {
    const name = `${this.#folder}/${path}`;
    if (name.length > maxName || size > maxSize)
      throw new Error(`${name} (${size} bytes) does not fit into a tar file.`);
    const block = Buffer.alloc(blockBytes);
    block.write(name, 0);
    const numbers = [
      octal(fileMode, 7),
      octal(0, 7),
      octal(0, 7),
      octal(size, 11),
      octal(this.#at.getTime() / 1000, 11),
    ];
    block.write(`${numbers.join('\0')}\0${' '.repeat(8)}0`, 100);
    block.write(`ustar\0${ustarVersion}`, 257);
    const sum = block.reduce((total, byte) => total + byte);
    block.write(`${octal(sum, 6)}\0 `, 148);
    return block;
  }
}

const blockBytes = 512;
const maxName = 100;
const maxSize = 8 ** 11 - 1;

/** A user's history: readable only by its owner, also once it is unpacked. */
const fileMode = 0o600;
const ustarVersion = '00';

function octal(value: number, digits: number): string {
  return Math.floor(value).toString(8).padStart(digits, '0');
}

/** Longer contents are produced a second time instead of being held in memory. */
const maxHeldBytes = 256 * 2 ** 10;

async function measured(make: () => AsyncIterable<string> | Iterable<string | Uint8Array>) {
  const held: (string | Uint8Array)[] = [];
  let size = 0;
  for await (const chunk of make()) {
    size += Buffer.byteLength(chunk);
    if (size <= maxHeldBytes) held.push(chunk);
    else held.length = 0;
  }
  return { size, chunks: size <= maxHeldBytes ? held : make() };
}
