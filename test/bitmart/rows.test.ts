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

test('what is no array is no list of rows', () => {
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
