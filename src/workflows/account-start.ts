import type { SearchAttributePair } from '@temporalio/common';
import { type LinkedAccountInput, workflowIdOf } from './messages.ts';
import { ownerId, statusSince, statusSinceText, syncStatus } from './search-attribute-keys.ts';

/** What a new workflow must know, and what operators see of it from the start. */
export interface AccountToStart {
  readonly accountId: string;
  readonly ownerId: string;
  readonly label: string | null;
}

/** How every caller starts an account's workflow. */
export function accountStart(account: AccountToStart) {
  const attributes: SearchAttributePair[] = [
    { key: ownerId, value: account.ownerId },
    { key: syncStatus, value: 'checking' },
    { key: statusSince, value: statusSinceText(Date.now()) },
  ];
  return {
    workflowId: workflowIdOf(account.accountId),
    args: [{ accountId: account.accountId }] as [LinkedAccountInput],
    staticSummary: summaryOf(account),
    typedSearchAttributes: attributes,
  };
}

function summaryOf({ accountId, label }: AccountToStart): string {
  const named = label === null ? '' : ` · ${plain(label)}`;
  return `BitMart${named} · ${accountId}`;
}

/** A label is a user's text, and Temporal renders Markdown: the label must not become a link or a heading. */
export function plain(text: string): string {
  return text.slice(0, 80).replace(/[^\p{L}\p{N} .,_'@-]/gu, '·');
}
