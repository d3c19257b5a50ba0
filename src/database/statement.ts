import { createHash } from 'node:crypto';

/** One statement for the driver itself, prepared once per connection under its own name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** The name is derived from the text, so two releases behind one pooler never use one name for two statements. */
export function statement(purpose: string, text: string): Statement {
  return { name: `${purpose}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text };
}

/** A statement with named parameters, such as `:page_id::uuid`; one that occurs twice is sent once. */
export interface NamedStatement<Values extends object> {
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
