import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { reconcile } from '../../src/books/reconcile.ts';
import type { loadBook } from '../../src/database/index.ts';
import { mutantFolder, mutatedModule, root } from '../support/mutated-module.ts';

/** A checker with one deliberate mistake. */
export interface CheckerMutant {
  readonly name: string;
  build(): Promise<{ readonly loadBook?: typeof loadBook; readonly reconcile?: typeof reconcile }>;
}

const checker = 'src/books/reconcile.ts';
const book = 'src/database/book.ts';
const movements = 'src/database/movements.ts';

const settledWithdrawals = `\${settled('withdrawal', accountId)}`;

const mistakes: readonly (readonly [name: string, file: string, right: string, wrong: string])[] = [
  ['a difference below 1 counts as none', checker, 'difference.units === 0n;', 'isBelow(difference, 1n, 0);'],
  ['rounding is not known', checker, 'isBelow(difference, roundedParts, digit)', 'difference.units === 0n'],
  ['what is not listed is not comparable', checker, ": '0';", ': null;'],
  ['only the first and the last snapshot are compared', checker, 'usable.slice(1).map', 'usable.slice(-1).map'],
  ['movements after a snapshot count before it', checker, 'after >= from.place', 'after > from.place'],
  ['movements beyond the last snapshot count', checker, 'const last = to.place - 1;', 'const last = to.place;'],
  ['what may lie in an interval never does', checker, 'totals.findIndex(agrees)', '-1'],
  ['every difference has an obstacle', checker, 'step.obstacles.length === 0)', 'step.obstacles.length > 0)'],
  ['the difference is forgotten', checker, 'const off = steps.filter((step) => !step.isBalanced);', 'const off = [];'],
  [
    'an opening is made so that books balance',
    checker,
    'const change = minus(to.balance, from.balance);',
    'const change = fixed;',
  ],
  [
    'isolated margin has a verdict',
    checker,
    "if (book.wallet !== 'isolated-margin' || book.to === null) return book;",
    'return book;',
  ],
  ['clocks are exact and answers instant', book, 'const blurMs = 1_500;', 'const blurMs = -30_000;'],
  ['fees are left out', movements, '-coalesce(fee, 0))', '0)'],
  ['the fee of a withdrawal is left out', movements, 'amount + coalesce(fee, 0)', 'amount'],
  [
    'buying and selling are mixed up',
    movements,
    "case side when 'buy' then size else -size end",
    "case side when 'buy' then -size else size end",
  ],
  ['the quote does not move', movements, "* case side when 'buy' then -1 else 1 end", '* 0'],
  [
    'isolated margin is the spot wallet',
    movements,
    "case order_mode when 'iso_margin' then 'isolated-margin' else 'spot' end",
    "'spot'",
  ],
  [
    'failed withdrawals count',
    movements,
    `else '294000-01-01' end\n    from (${settledWithdrawals}) as moved where status not in ('cancel', 'fail')`,
    `else latest end\n    from (${settledWithdrawals}) as moved`,
  ],
  ['deposits that have not arrived count at once', movements, "as moved where status = 'success'", 'as moved'],
  [
    'codes keep their networks',
    movements,
    "select 'spot', coalesce(asset, currency), 'deposit'",
    "select 'spot', currency, 'deposit'",
  ],
  [
    'savings move nothing',
    movements,
    'from earn_record where account_id',
    'from earn_record where false and account_id',
  ],
  ['what is put into savings comes in', movements, "case type when 'subscribe' then -amount else amount end", 'amount'],
  ['interest of savings always comes in', movements, "'294000-01-01'::timestamptz", 'occurred_at'],
  ['transfers have one side', movements, 'and flow_type = 1', 'and flow_type = 99'],
  ['copy trading is the futures wallet', movements, 'select part, asset', "select 'futures', asset"],
  [
    'a withdrawal leaves when it is requested',
    movements,
    "case status when 'success' then latest else '294000-01-01' end",
    'earliest',
  ],
];

export const checkerMutants: readonly CheckerMutant[] = mistakes.map(([name, file, right, wrong]) => ({
  name,
  build: async () => {
    const folder = mutantFolder();
    const source = readFileSync(join(root, file), 'utf8');
    if (source.split(right).length !== 2) throw new Error(`"${right}" is not there once in ${file}.`);
    const mutated = mutatedModule(
      folder,
      file,
      source.replace(right, () => wrong),
    );
    if (file === checker) return { reconcile: (await import(mutated)).reconcile };
    if (file === book) return { loadBook: (await import(mutated)).loadBook };
    const reading = readFileSync(join(root, book), 'utf8').replace("'./movements.ts'", `'${mutated}'`);
    return { loadBook: (await import(mutatedModule(folder, book, reading))).loadBook };
  },
}));
