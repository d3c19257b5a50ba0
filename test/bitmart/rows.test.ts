import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsAt } from '../../src/bitmart/rows.ts';

test('a row is its own text as served, blanks, escapes and digits included', () => {
  const rows = ['{ "id":"a\\"]}" ,"price": 1.50 }', '{"id":182342999769370687}'];
  const text = `{"code":1000, "data" : {"records":[ ${rows.join(' ,\n')} ]}, "x":[]}`;
  const found = rowsAt(text, ['data', 'records']);
  expect(found?.map((row) => row.raw)).toEqual(rows);
  expect(found?.map((row) => row.fields)).toEqual([{ id: 'a"]}', price: '1.50' }, { id: '182342999769370687' }]);
});

test('what is not an array is not a list of rows', () => {
  expect(rowsAt('{"data":null}', ['data'])).toBeNull();
  expect(rowsAt('{"data":{}}', ['data'])).toBeNull();
  expect(rowsAt('{"data":{}}', ['data', 'records'])).toBeNull();
  expect(rowsAt('{}', ['data'])).toBeNull();
  expect(rowsAt('{"data":[]}', ['data'])).toEqual([]);
});

test('the texts of the rows are the elements of the array, whatever JSON is around and inside them', () => {
  const json = fc.json();
  fc.assert(
    fc.property(fc.array(json, { maxLength: 6 }), json, json, (elements, before, after) => {
      const text = `{"a":${before},"data":[${elements.join(',')}],"z":${after}}`;
      expect(rowsAt(text, ['data'])?.map((row) => row.raw)).toEqual(elements.map((element) => element.trim()));
    }),
  );
});

test('fields are the same whether or not the text was parsed already, to the last digit', () => {
  const number = fc.oneof(
    fc.constantFrom('0', '-0', '1.50', '1e3', '-7', '9007199254740993', '182342999769370687', '0.0', '-0.0', '1E-7'),
    fc.integer().map(String),
  );
  const value = fc.oneof(
    number,
    fc.json({ maxDepth: 1 }),
    fc.string().map((text) => JSON.stringify(text)),
  );
  const row = fc
    .dictionary(fc.string({ maxLength: 4 }), value, { maxKeys: 5 })
    .map((fields) => `{${Object.entries(fields).map(([name, text]) => `${JSON.stringify(name)}: ${text}`)}}`);
  fc.assert(
    fc.property(fc.array(fc.oneof(row, value), { maxLength: 5 }), (rows) => {
      const text = `{"data":{"list":[${rows.join(', ')}]}}`;
      const exactly = rows.map((each) => rowsAt(`{"x":1.5,"data":[${each}]}`, ['data'])?.[0]?.fields);
      expect(rowsAt(text, ['data', 'list'], JSON.parse(text))?.map((found) => found.fields)).toEqual(exactly);
    }),
    { numRuns: 500 },
  );
});
