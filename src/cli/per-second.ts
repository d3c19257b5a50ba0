import { InvalidArgumentError, Option } from 'commander';

/** `--per-second`: how fast a command goes through many accounts or keys. */
export function perSecondOption(description: string, usual: number): Option {
  return new Option('--per-second <number>', description).default(usual).argParser((text) => {
    const value = Number(text);
    if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('It must be a number above 0, at most 1000.');
    return value;
  });
}
