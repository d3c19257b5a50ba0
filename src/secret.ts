import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';

const placeholder = '[secret]';

/** A value that never shows itself when printed, logged or serialised: only `reveal` returns it. */
export class Secret<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return placeholder;
  }

  toJSON(): string {
    return placeholder;
  }

  [inspect.custom](): string {
    return placeholder;
  }
}

/** Makes a library's object, which keeps what it was given, show this text however it is printed or serialised. */
export function printedAs<Printed extends object>(text: string, object: Printed): Printed {
  const value = () => text;
  return Object.defineProperties(object, { [inspect.custom]: { value }, toJSON: { value } });
}

/** Secret settings, each of which may be in a file, as Docker and Kubernetes mount them. */
const names = ['DATABASE_URL', 'WEBHOOK_SECRET', 'TEMPORAL_API_KEY'] as const;

/** Reads each `NAME_FILE` into `NAME`. Returns everything that is wrong with them. */
export function readSecretFiles(env: NodeJS.ProcessEnv): readonly string[] {
  const problems: string[] = [];
  for (const name of names) {
    const file = env[`${name}_FILE`];
    if (!file) continue;
    if (env[name]) problems.push(`${name} and ${name}_FILE are both set: keep one`);
    else {
      try {
        env[name] = readFileSync(file, 'utf8').trimEnd();
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
        problems.push(`${name}_FILE names "${file}", which can't be read (${code})`);
      }
    }
  }
  return problems;
}
