import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { arrayText, textArrayBytes } from '../../src/database/array-parameters.ts';
import { migratedDatabase, type TestDatabase } from './support.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

/** Whatever a JSON text may hold once it is parsed, but the one character that Postgres has no place for. */
const anyText = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const awkward = fc.constantFrom(
  '',
  'null',
  'NULL',
  '{',
  '}',
  ',',
  '"',
  '\\',
  '\\"',
  ' ',
  ' x ',
  '\n',
  '{"a":"\\u0000"}',
  '😀',
);

async function roundTrip(parameter: unknown): Promise<readonly (string | null)[]> {
  const { rows } = await database.pool.query<{ value: string | null }>({
    name: 'round-trip',
    text: 'select value from unnest($1::text[]) with ordinality as each_value (value, position) order by position',
    values: [parameter],
  });
  return rows.map((row) => row.value);
}

test('an array of any texts and gaps arrives unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(anyText, awkward, fc.constant(null)), { maxLength: 30 }), async (values) => {
      expect(await roundTrip(arrayText(values))).toEqual(values);
    }),
    { numRuns: 150 },
  );
});

test('an array of any texts in binary arrives unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(anyText, awkward), { maxLength: 30 }), async (values) => {
      expect(await roundTrip(textArrayBytes(values))).toEqual(values);
    }),
    { numRuns: 150 },
  );
});
