import { createHash } from 'node:crypto';

/** One statement that goes to the driver by itself, prepared once per connection under a name of its own. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** The name follows the text, so that two releases on one connection pooler never mean two things by one name. */
export function statement(purpose: string, text: string): Statement {
  return { name: `${purpose}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text };
}
