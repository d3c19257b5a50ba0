import { expectTypeOf, test } from 'vitest';
import type { RecordOf, StreamName } from '../../src/client/index.ts';

test('rows have the types of the declarations that write them', () => {
  expectTypeOf<StreamName>()
    .extract<'spot-trades' | 'futures-trades' | 'withdrawals' | 'deposits' | 'futures-flows'>()
    .toEqualTypeOf<'spot-trades' | 'futures-trades' | 'withdrawals' | 'deposits' | 'futures-flows'>();
  // A stream that is declared without its literal types would make every name a name of a stream.
  expectTypeOf<string>().not.toExtend<StreamName>();
  type SpotTrade = RecordOf<'spot-trades'>;
  expectTypeOf<SpotTrade['price']>().toEqualTypeOf<string>();
  expectTypeOf<SpotTrade['fee']>().toEqualTypeOf<string | null>();
  expectTypeOf<SpotTrade['traded_at']>().toEqualTypeOf<Date>();
  expectTypeOf<SpotTrade['updated_at']>().toEqualTypeOf<Date | null>();
  expectTypeOf<SpotTrade['raw']>().toEqualTypeOf<string>();
  expectTypeOf<SpotTrade>().not.toHaveProperty('part');
  expectTypeOf<SpotTrade>().not.toHaveProperty('digest');
  type FuturesTrade = RecordOf<'futures-trades'>;
  expectTypeOf<FuturesTrade['part']>().toEqualTypeOf<'futures' | 'copy_trading'>();
  expectTypeOf<FuturesTrade['side_code']>().toEqualTypeOf<number>();
  expectTypeOf<RecordOf<'withdrawals'>>().toHaveProperty('withdraw_id');
  expectTypeOf<RecordOf<'withdrawals'>>().not.toHaveProperty('deposit_id');
});
