import fc from 'fast-check';
import { type PlainAnswer, provesNothing, textOf } from './answers.ts';

/** What is done to one good answer. */
export interface Mutation {
  readonly rows: number;
  /** Fields of rows that get another text. */
  readonly fields: readonly { readonly row: number; readonly field: number; readonly text: string }[];
  readonly envelope: { readonly name: string; readonly text: string } | null;
  readonly bytes: readonly ByteEdit[];
  /** In place of everything else. */
  readonly whole: string | null;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: 'whole' | 'reset' | 'cut' | 'slices';
}

interface ByteEdit {
  readonly kind: 'cut' | 'flip' | 'insert' | 'repeat' | 'truncate';
  readonly at: number;
  readonly length: number;
  readonly byte: number;
}

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Texts of JSON that something of ours has once tripped over, or could. */
const nastyTexts = [
  'null',
  'true',
  '-0',
  '0',
  '1e400',
  '1E-7',
  '9007199254740993',
  '182342999769370687',
  '1.50',
  '[]',
  '{}',
  '""',
  '"0"',
  '{"toString":1}',
  '{"toString":null,"valueOf":null}',
  '{"__proto__":{"x":1}}',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"a\\u0000b"',
  '"\\u001f"',
  '"\\ud800"',
  '"\\u001b[31m"',
  '"\ufffd"',
  '"𝄞"',
  '"\\u2028"',
  '"NaN"',
  '"Infinity"',
  '"1,5"',
  '" 1"',
  '"1e5"',
  '"-"',
  '"0x10"',
  '1700000000',
  '"1700000000000"',
  '99999999999999',
  '"x-bm-key: canary-key-of-the-fuzzer"',
  '"canary-key-of-the-fuzzer"',
  nested(40),
  nested(3_000),
  `"${'9'.repeat(300)}"`,
  `"${'x'.repeat(2_500)}"`,
  `"${'x'.repeat(20_000)}"`,
  '"copy_trading"',
  '"futures"',
  '7',
  '"withdraw"',
];

const nastyValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...nastyTexts) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map((text) => JSON.stringify(text)) },
);

const wholeBodies = [
  '',
  ' ',
  '<html>Attention Required!</html>',
  '{',
  '[]',
  'null',
  '{"code":1000}',
  '{"msg":"path not found"}',
  '{"code":1000,"message":"This service is down","data":{}}',
  `{"code":1000,"message":"OK","data":${nested(3_000)}}`,
  `{"code":1000,"message":"OK","data":[${'{},'.repeat(2_500)}{}]}`,
  `{"code":1000,"message":"OK","data":[${'1,'.repeat(120_000)}1]}`,
  `{"code":1000,"message":"OK","data":[],"data":[{}]}`,
  '\ufeff{"code":1000,"message":"OK","data":[]}',
];
/** As large as the review had it; seldom, because it is mostly the network that it measures. */
const floods = [`{"code":1000,"message":"OK","data":[${'{},'.repeat(5_300_000)}{}]}`, nested(500_000)];

const rows = fc.oneof(
  { weight: 3_000, arbitrary: fc.nat(4) },
  { weight: 25, arbitrary: fc.constantFrom(50, 100, 199, 200, 201) },
  { weight: 1, arbitrary: fc.constantFrom(999, 1_000, 1_001, 2_000, 2_001) },
);
const fieldEdit = fc.record({ row: fc.nat(5), field: fc.nat(20), text: nastyValue });
const byteEdit: fc.Arbitrary<ByteEdit> = fc.record({
  kind: fc.constantFrom('cut', 'flip', 'insert', 'repeat', 'truncate'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(40),
  byte: fc.nat(255),
});
const codes = [
  '1000',
  '"1000"',
  '30000',
  '30002',
  '30005',
  '30007',
  '30010',
  '30013',
  '30016',
  '30019',
  '40012',
  '50041',
  '60066',
  '98765',
  '1e300',
  '-1',
  '"x"',
  '{}',
  '1000.5',
];
const envelopeEdit = fc.oneof(
  fc.record({ name: fc.constant('code'), text: fc.constantFrom(...codes) }),
  fc.record({
    name: fc.constantFrom('message', 'trace', 'msg', 'data', 'success', 'errno', 'constructor'),
    text: nastyValue,
  }),
);
const seconds = fc.constantFrom('0', '1', '120', '18000', '1795954711', '-5', 'soon', '1e9', '9'.repeat(400));
const headers = fc.oneof(
  { weight: 12, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom(
        'age',
        'retry-after',
        'x-bm-ratelimit-reset',
        'x-bm-ratelimit-remaining',
        'x-bm-ratelimit-limit',
        'x-bm-ratelimit-mode',
      ),
      seconds,
      { maxKeys: 3 },
    ),
  },
);

/** A stream of mutations. One in four leaves the answer unchanged: claims must be made as well as refused. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  rows,
  fields: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(fieldEdit, { minLength: 1, maxLength: 3 }) },
  ),
  envelope: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: envelopeEdit }),
  bytes: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(byteEdit, { minLength: 1, maxLength: 4 }) },
  ),
  whole: fc.oneof(
    { weight: 30_000, arbitrary: fc.constant(null) },
    { weight: 1_000, arbitrary: fc.constantFrom(...wholeBodies) },
    { weight: 2, arbitrary: fc.constantFrom(...floods) },
  ),
  status: fc.oneof(
    { weight: 30, arbitrary: fc.constant(200) },
    { weight: 1, arbitrary: fc.constantFrom(204, 301, 400, 401, 403, 404, 418, 429, 500, 503) },
  ),
  headers,
  transport: fc.oneof(
    { weight: 60, arbitrary: fc.constant('whole' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reset' as const, 'cut' as const, 'slices' as const) },
  ),
});

export function mutated(good: PlainAnswer, { fields, envelope, bytes, whole, status, headers }: Mutation): Buffer {
  const rows = good.rows.map((row, place) =>
    row.map(([name, text], at): readonly [string, string] => {
      const edit = fields.find((each) => each.row === place && each.field % row.length === at);
      return [name, edit?.text ?? text];
    }),
  );
  const members =
    envelope === null
      ? good.envelope
      : [...good.envelope.filter(([name]) => name !== envelope.name), [envelope.name, envelope.text] as const];
  const text = whole ?? textOf({ ...good, rows, envelope: members });
  const isNoProof = status >= 400 || (headers.age !== undefined && headers.age !== '0');
  return bytes.reduce(edited, Buffer.from(isNoProof ? text + provesNothing : text));
}

function edited(body: Buffer, { kind, at, length, byte }: ByteEdit): Buffer {
  // What marks a body that proves nothing stays at its end.
  const end =
    body.subarray(-provesNothing.length).toString() === provesNothing
      ? body.length - provesNothing.length
      : body.length;
  const from = Math.floor(at * end);
  const [before, piece, after] = [
    body.subarray(0, from),
    body.subarray(from, Math.min(end, from + length)),
    body.subarray(Math.min(end, from + length)),
  ];
  switch (kind) {
    case 'cut':
      return Buffer.concat([before, after]);
    case 'flip': {
      const flipped = Buffer.from(body);
      if (from < end) flipped[from] = byte;
      return flipped;
    }
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), piece, after]);
    case 'repeat':
      return Buffer.concat([before, piece, piece, after]);
    case 'truncate':
      return Buffer.concat([before, body.subarray(end)]);
  }
}
