/**
 * Arrays as parameters of a statement. The driver would escape value by value, which takes most of a page's time on our side of
 * the connection; nearly no value needs it.
 */

/** A `text[]`, or the text form of any array: for values that rarely contain quotes or backslashes. */
export function arrayText(values: readonly (string | number | null)[]): string {
  if (values.length === 0) return '{}';
  const plain = !values.includes(null) && !/["\\]/.test(values.join(''));
  if (plain) return `{"${values.join('","')}"}`;
  return `{${values.map(elementText).join(',')}}`;
}

function elementText(value: string | number | null): string {
  if (value === null) return 'NULL';
  return `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

const textOid = 25;

/**
 * A `text[]` in binary form, which needs no escaping: for long values full of quotes, such as JSON. Layout as for `array_recv`:
 * dimensions, whether there are nulls, type of the elements, length, lower bound; then each element's length and bytes.
 */
export function textArrayBytes(values: readonly string[]): Buffer {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const bytes = Buffer.allocUnsafe(20 + lengths.reduce((total, length) => total + 4 + length, 0));
  bytes.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  bytes.writeInt32BE(0, 4);
  bytes.writeInt32BE(textOid, 8);
  bytes.writeInt32BE(values.length, 12);
  bytes.writeInt32BE(1, 16);
  let at = 20;
  for (const [i, value] of values.entries()) {
    const length = lengths[i] as number;
    bytes.writeInt32BE(length, at);
    bytes.write(value, at + 4, length, 'utf8');
    at += 4 + length;
  }
  // An array without a dimension has neither length nor bound.
  return values.length === 0 ? bytes.subarray(0, 12) : bytes;
}
