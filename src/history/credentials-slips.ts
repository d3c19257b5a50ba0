/** What looks mistyped about the texts of a key. Names the mistake, never shows a text. */
export type CredentialsSlip =
  | 'memo-blank'
  | 'memo-like-account-number'
  | 'memo-like-key'
  | 'memo-with-outer-blanks'
  | 'memo-with-symbols'
  | 'secret-same-as-key'
  | 'secret-same-as-memo';

/**
 * The mistakes that people make with BitMart's three texts, by the texts' shape alone: account numbers and keys pasted in
 * place of the memo, blanks that came along, symbols that broke the sync of another product (see MAPPINGS.md).
 */
export function slipsOf(texts: {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
}): readonly CredentialsSlip[] {
  const { apiKey, apiSecret, memo } = texts;
  const text = memo.trim();
  const slips: CredentialsSlip[] = [];
  if (text === '') slips.push('memo-blank');
  else if (memo !== text) slips.push('memo-with-outer-blanks');
  if (/^\d{6,}$/.test(text)) slips.push('memo-like-account-number');
  else if (text === apiKey || /^[0-9a-f]{32,}$/i.test(text)) slips.push('memo-like-key');
  if (/[^\w .-]/.test(text)) slips.push('memo-with-symbols');
  if (apiSecret === apiKey) slips.push('secret-same-as-key');
  if (apiSecret === text && text !== '') slips.push('secret-same-as-memo');
  return slips;
}
