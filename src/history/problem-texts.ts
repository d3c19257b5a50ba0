import type { Problem, ProblemCode } from './failure.ts';

/** All texts that a user of the platform reads about a key, in one place: another language is another file like this one. */
interface ProblemText {
  readonly message: string;
  readonly remedy: string;
}

const texts: Readonly<Record<ProblemCode, ProblemText>> = {
  'wrong-key': {
    message: 'BitMart does not know this API key.',
    remedy: 'Copy the access key again from API Management on BitMart. If it was deleted there, make a new one.',
  },
  'wrong-secret-or-memo': {
    message: 'The API key is known, but the secret or the memo is wrong.',
    remedy:
      'The memo is the text that you typed yourself when you made the key (not your account number), with the same capital letters. The secret is shown only once: if it was not kept, make a new key.',
  },
  'ip-not-allowed': {
    message: 'The key is bound to other network addresses than ours.',
    remedy: 'Edit the key on BitMart and bind our addresses, or make a read-only key that is not bound to any.',
  },
  'key-expired': {
    message:
      'BitMart says that the key has expired or lacks a permission (its own texts give this answer both meanings).',
    remedy: 'Look at the key in API Management: if it has expired, make a new one; otherwise tick "Read Only".',
  },
  'key-expires-soon': {
    message: 'The key expires soon.',
    remedy: 'Make a new read-only key on BitMart and replace this one before it expires.',
  },
  'key-frozen': {
    message: 'BitMart has frozen this key.',
    remedy: 'Ask BitMart why, or make a new read-only key.',
  },
  'no-permission': {
    message: 'The key may not read this.',
    remedy: 'Edit the key on BitMart and tick "Read Only"; everything else goes on meanwhile.',
  },
  'key-can-withdraw': {
    message: 'The key can withdraw money, which reading never needs.',
    remedy: 'Make a key with the permission "Read Only" alone and link that one.',
  },
  'key-can-trade': {
    message: 'The key can trade, which reading never needs.',
    remedy: 'A key with the permission "Read Only" alone is safer; replace this one when you can.',
  },
  'account-restricted': {
    message: 'BitMart restricts this account, so that its history can not be read now.',
    remedy:
      'Log in at BitMart and do what it asks for (identity check, region, security freeze), or write to its support.',
  },
  'different-account': {
    message: 'This key belongs to another BitMart account than the one that is linked here.',
    remedy: 'Link it as an account of its own, or use a key of the account that is linked.',
  },
  'same-account': {
    message: 'Two linked accounts turn out to be the same BitMart account.',
    remedy: 'Join them, so that no record counts twice.',
  },
  'sub-account-needs-own-key': {
    message: 'A key of the main account can not read the trades of a sub-account.',
    remedy: 'Log in to the sub-account at BitMart, make a read-only key there, and link that one.',
  },
  clock: {
    message: 'BitMart refuses our clock.',
    remedy: 'Nothing to do for you; the operator has to set the clock of the server.',
  },
  'unexpected-answer': {
    message: 'BitMart answers in a way that can not be right, so that nothing is claimed from it.',
    remedy: 'Nothing to do for you; it is asked again by itself.',
  },
  'exchange-unreachable': {
    message: 'BitMart does not answer at present.',
    remedy: 'Nothing to do for you: it is tried again by itself.',
  },
  'exchange-closed': {
    message: 'BitMart has closed: trading ended on 2026-08-26, and the platform ends on 2027-01-31.',
    remedy:
      'Download everything that its website still offers before 2027-01-31; deposits and withdrawals can be read until then.',
  },
};

/** A problem in words. `detail` is one more sentence about this very case, without secrets. */
export function describeProblem(what: {
  readonly code: ProblemCode;
  readonly stream?: string | undefined;
  readonly detail?: string | undefined;
}): Problem {
  const text = texts[what.code];
  const message = what.detail ? `${text.message} ${what.detail}` : text.message;
  return { code: what.code, message, remedy: text.remedy, ...(what.stream !== undefined && { stream: what.stream }) };
}
