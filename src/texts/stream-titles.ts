/** What users call each history type: a new one is one entry here. */
const titles = {
  'spot-trades': { en: 'Spot trades', ja: '現物取引', zh: '现货交易', ko: '현물 거래' },
  'futures-trades': { en: 'Futures trades', ja: '先物取引', zh: '合约交易', ko: '선물 거래' },
  withdrawals: { en: 'Withdrawals', ja: '出金', zh: '提现', ko: '출금' },
  deposits: { en: 'Deposits', ja: '入金', zh: '充值', ko: '입금' },
  'futures-flows': {
    en: 'Futures funding and fees',
    ja: '先物の資金調達料・手数料・損益',
    zh: '合约资金费、手续费和盈亏',
    ko: '선물 펀딩비·수수료·손익',
  },
  transfers: {
    en: 'Transfers between spot and futures',
    ja: '現物と先物の間の振替',
    zh: '现货与合约之间的划转',
    ko: '현물과 선물 간 이체',
  },
  'earn-records': {
    en: 'Savings: interest, subscriptions, redemptions',
    ja: '積立: 利息・申込・解約',
    zh: '理财：利息、申购、赎回',
    ko: '예치: 이자·가입·해지',
  },
  'sub-account-transfers': {
    en: 'Transfers with sub-accounts',
    ja: 'サブアカウントとの振替',
    zh: '与子账户之间的划转',
    ko: '하위 계정과의 이체',
  },
  'margin-loans': {
    en: 'Margin loans and repayments',
    ja: '信用取引の借入と返済',
    zh: '杠杆借币与还币',
    ko: '마진 대출 및 상환',
  },
} as const;

export function streamTitles(language: 'en' | 'ja' | 'zh' | 'ko'): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(titles).map(([stream, title]) => [stream, title[language]]));
}
