import { createHash } from 'node:crypto';

/** One statement that goes to the driver directly, prepared once per connection under a name of its own. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** The name follows the text, so that two releases on one connection pooler never mean two things by one name. */
export function statement(purpose: string, text: string): Statement {
  return { name: `${purpose}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text };
}

/** A statement whose parameters have names, such as `:page_id::uuid`; one that stands twice is sent once. */
export interface NamedStatement<Values extends object> {
  /** With its values, as the driver takes it. */
  bind(values: Values): Statement & { values: unknown[] };
}

export function namedStatement<Values extends object>(purpose: string, text: string): NamedStatement<Values> {
  const names: string[] = [];
  const numbered = statement(
    purpose,
    text.replace(/(?<![:\w]):([a-z]\w*)/g, (_, name: string) => {
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    }),
  );
  return {
    bind: (values) => ({
      ...numbered,
      values: names.map((name) => {
        if (!(name in values)) throw new Error(`The statement "${purpose}" needs a value for :${name}.`);
        return values[name as keyof Values];
      }),
    }),
  };
}
