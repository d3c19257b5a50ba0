import { expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import { OwnerClient } from '../../src/client/owner-client.ts';
import { OwnerHistory } from '../../src/client/owner-history.ts';
import { callableByPlatforms, exportedFunctionsIn, publicMethodsOf } from './comment-examples.ts';

test('everything that a platform can call has an example in its comment', () => {
  expect(callableByPlatforms().flatMap(({ name, example }) => (example === null ? [name] : []))).toEqual([]);
});

test('no method is overlooked', () => {
  const methods = [Client, OwnerHistory, OwnerClient].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype));
  const known = callableByPlatforms().map(({ name }) => name);
  const left = methods.filter((name) => !known.includes(name) && name !== 'constructor');
  expect(left.toSorted()).toEqual(['about', 'account']); // are protected
});

test('a method or function without an example is found, whatever stands before it', () => {
  const source = `
/**
 * Makes one.
 *
 * @example
 * const one = make(1);
 */
export function make(given: number): One {
  return new One(given);
}

export async function makeMany(): Promise<void> {}

export class One {
  readonly given: number;

  constructor(given: number) {
    this.given = given;
  }

  /**
   * Shows it.
   *
   * @example
   * one.show();
   *
   * one.show(2);
   * @deprecated
   */
  show(times = 1): void {
    print(times);
  }

  /** Has none. */
  async *all<Name>(name: Name): AsyncGenerator<Name> {}

  async hide(
    long: string,
  ): Promise<void> {}

  protected async inner(): Promise<void> {}
}
`;
  expect(exportedFunctionsIn(source)).toEqual([
    { name: 'make', example: 'const one = make(1);' },
    { name: 'makeMany', example: null },
  ]);
  expect(publicMethodsOf('One', source)).toEqual([
    { name: 'show', example: 'one.show();\n\none.show(2);' },
    { name: 'all', example: null },
    { name: 'hide', example: null },
  ]);
});
