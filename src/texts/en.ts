import { streamTitles } from './stream-titles.ts';
import type { Texts } from './texts.ts';
import { dayIn, inBrackets, isoDay, minute } from './wording.ts';

const plural = new Intl.PluralRules('en');
const number = new Intl.NumberFormat('en');

function counted(count: number, one: string, other: string): string {
  return `${number.format(count)} ${plural.select(count) === 'one' ? one : other}`;
}

const day = dayIn('en');

function streamName(name: string): string {
  return en.streams[name] ?? name;
}

export const en: Texts = {
  tag: 'en',
  headings: {
    form: (platform) => `Link BitMart to ${platform}`,
    replace: 'Replace your BitMart key',
    checking: 'Checking your key',
    waiting: 'Your key is stored, the check is pending',
    refused: 'The key was not accepted',
    notChecked: 'The key could not be checked',
    linked: 'Your BitMart account is linked',
    alreadyLinked: 'This account was linked already',
    replaced: 'Your new key is in use',
    expired: 'This link has expired',
    exited: 'You left without linking',
    leaving: 'Leave without linking?',
    notFound: 'This link does not work',
    tooOften: 'Too many attempts',
    failed: 'Something went wrong on our side',
  },
  leads: {
    form: (platform) =>
      `${platform} reads your history with a key that can only read. You make that key at BitMart. It takes about three minutes.`,
    replace: (platform) =>
      `${platform} keeps the history it has. Your present key stays in use until the new one is accepted. Use a key of the same BitMart account.`,
    checking: 'Each line changes as soon as BitMart answers. This takes a few seconds.',
    waiting: 'Your key is stored, encrypted. It is checked as soon as possible. You can wait here or close this page.',
    refused: 'Nothing was stored. Correct it below and try again.',
    notChecked: 'Nothing was stored. Send it again.',
    nothingKept: 'Type all three again: this page keeps nothing that you typed.',
    linked: 'Its history is being read now, and kept up to date from here on.',
    alreadyLinked: 'It is read with the key that you just gave. Its history is unchanged.',
    replaced: 'The history is unchanged, and reading continues with the new key.',
    expired: (platform) => `Nothing was stored. Go back to ${platform} and start again to get a new link.`,
    expiredUnchecked: (platform) =>
      `If the key that you sent was stored, it is checked as soon as possible, and ${platform} shows it then. Go back to ${platform} before you enter it again.`,
    exited: 'Nothing was stored. You can close this page.',
    leaving: 'Nothing that you typed is stored.',
    notFound: (platform) =>
      `It may be incomplete, or an old one. Go back to ${platform} and start again to get a new link.`,
    tooOften: 'Wait a while, then try again.',
    failed: 'This page can’t be shown now. Reload it in a minute.',
    notStored: 'What you sent was not stored. Try again in a minute.',
    closePage: 'You can close this page. Reading goes on without it.',
    triesLeft: (tries) => `${counted(tries, 'attempt is', 'attempts are')} left on this page.`,
    noTriesLeft: (platform) => `No attempts are left on this page. Go back to ${platform} and start again.`,
  },
  guide: {
    heading: 'Make a key at BitMart',
    steps: {
      open: ['Open API Management', 'Log in at BitMart, open the account menu and choose API Management.'],
      memo: ['Choose a memo', 'Make it up: plain letters and digits. You type the same text here as the passphrase.'],
      permission: ['Tick “Read Only”', 'Tick nothing else.'],
      confirm: ['Confirm', 'Enter the code that BitMart sends by e-mail.'],
      copy: ['Copy key and secret at once', 'BitMart shows the secret only this one time.'],
    },
    addresses: ['Bind our addresses', 'With them in the list, the key works from our servers only.'],
    noAddresses: ['Leave the address list empty', 'Unless the platform gave you addresses to bind.'],
    picture: {
      caption: 'Where the memo goes in BitMart’s form (drawing)',
      title: 'Create API',
      memo: 'Memo',
      permission: 'Read Only',
      addresses: 'IP addresses',
      note: 'Your own text: the passphrase',
    },
  },
  linkingGuide: {
    steps: {
      create: ['Make a key', 'On BitMart: account menu → API Management → create an API key.'],
      memo: [
        'Choose a memo',
        'A memo is required. You enter it again here, as the passphrase. It is not your account number. Letters and digits are the safe choice: symbols such as "!" or "※" have made syncs fail.',
      ],
      permission: ['Tick "Read Only"', 'Tick nothing else: reading needs no other permission.'],
      addresses: [
        'Bind our addresses',
        (addresses) =>
          addresses === ''
            ? 'Bind the addresses that this platform gives you, because its requests come from them.'
            : `Bind ${addresses}: our requests come from there.`,
      ],
      confirmation: ['Confirm', 'Enter the code that BitMart sends by e-mail.'],
      secret: [
        'Copy access key and secret at once',
        'The secret is shown only this once. If you missed it, make a new key.',
      ],
      'sub-account': [
        'A sub-account has keys of its own',
        "Make the key inside that sub-account, because the main account's key can't read its trades. The name is only a label here.",
      ],
    },
    reach: {
      documented: ({ months }) => `The past ${months} months. This window moves forward every day.`,
      undocumented: 'As far back as BitMart still serves them. How far that is, is not documented.',
    },
    closing:
      'By its own notice, BitMart ended spot trading on 2026-08-26 and closes for good on 2027-01-31 15:59 UTC: what is not read by then can no longer be read.',
  },
  fields: {
    heading: 'Enter the key here',
    apiKey: { label: 'API key', hint: 'BitMart calls it the access key.' },
    apiSecret: { label: 'API secret', hint: 'BitMart showed it once. Missed it? Make a new key.' },
    memo: { label: 'Passphrase (the memo you chose)', hint: 'Not your account number. Capital letters count.' },
    subAccount: {
      summary: 'Is it the key of a sub-account?',
      label: 'Sub-account name',
      hint: 'Normally left blank. The name is a label only; it changes nothing that is read. A sub-account needs a key made inside it.',
    },
    missing: 'This is missing.',
    atFault: 'Check this one.',
    privacy: 'Your key is encrypted before it is stored, and never shown again.',
    minutesLeft: (minutes) => `This page works for ${counted(minutes, 'more minute', 'more minutes')}.`,
  },
  buttons: {
    link: 'Check and link',
    replace: 'Check and replace',
    show: 'Show',
    hide: 'Hide',
    copy: 'Copy',
    copied: 'Copied',
    remove: 'Remove them',
    cancel: 'Cancel',
    leave: 'Leave',
    stay: 'Stay on this page',
    back: (platform) => `Back to ${platform}`,
    close: 'Close',
  },
  hints: {
    outerBlanks: 'There are spaces, quotes or line breaks around this text.',
    secretInKeyField: 'This looks like the secret. The API key is the shorter text.',
    keyInSecretField: 'This looks like the API key. The secret is the longer text.',
    memoLikeAccountNumber: 'This looks like an account number. The memo is the text that you made up for this key.',
    memoLikeKey: 'This looks like a key or a secret. The memo is the text that you made up for this key.',
    memoWithSymbols:
      'Symbols such as “!” and “※” are known to break signatures. A memo of letters and digits is safer.',
    notSent: 'It could not be sent. Check your connection and try again.',
  },
  checks: {
    heading: 'What we checked',
    names: {
      clock: 'Our clock agrees with BitMart’s',
      key: 'BitMart knows the API key',
      secret: 'Secret and memo are right',
      address: 'Our address is allowed',
      permissions: 'The key can only read',
      expiry: 'The key is valid',
    },
    stream: (name) => `Can read: ${name}`,
    verdicts: {
      waiting: 'waiting',
      passed: 'passed',
      failed: 'problem',
      unknown: 'not known',
      skipped: 'not checked',
    },
    progress: (done, all) => `${number.format(done)} of ${counted(all, 'check is', 'checks are')} done.`,
    readOnly: 'This key can read. It can’t trade or withdraw.',
    rightsUnknown: 'BitMart doesn’t tell us what this key may do. Make sure that only “Read Only” is ticked there.',
    expiresOn: (day) => `It is valid until ${day}.`,
    noExpiry: 'BitMart names no date on which it expires.',
    expiryUnknown: 'BitMart doesn’t tell us whether it expires.',
  },
  problems: {
    'wrong-key': {
      message: 'BitMart does not know this API key.',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => en.slips[slip]),
          'Copy the access key again from API Management on BitMart. If it was deleted there, make a new one.',
        ].join(' '),
    },
    'wrong-secret-or-memo': {
      message: 'BitMart knows the API key, but the secret or the memo is wrong.',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => en.slips[slip]),
          'The memo is the text that you typed yourself when you made the key (not your account number), with the same capital letters. The secret is shown only once. If you did not keep it, make a new key.',
        ].join(' '),
    },
    'ip-not-allowed': {
      message: ({ addresses = [] }) => `The key is bound to other network addresses than ours${inBrackets(addresses)}.`,
      remedy: ({ addresses = [] }) =>
        `Edit the key on BitMart and bind our addresses${inBrackets(addresses)}, or make a read-only key that is not bound to any.`,
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `BitMart says that the key has expired or lacks a permission. It gives both the same answer.${expiresAtMs ? ` Its last known day was ${day(expiresAtMs)}.` : ''}`,
      remedy: 'Look at the key in API Management: if it has expired, make a new one; otherwise tick "Read Only".',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs, hasExpired }) => {
        if (!expiresAtMs) return 'The key expires soon.';
        return hasExpired
          ? `The key expired on ${day(expiresAtMs)}, as far as BitMart said.`
          : `The key expires soon. Its last day is ${day(expiresAtMs)}.`;
      },
      remedy: ({ hasExpired }) =>
        `Make a new read-only key on BitMart and replace this one${hasExpired ? '' : ' before it expires'}.`,
    },
    'key-frozen': {
      message: 'BitMart has frozen this key.',
      remedy: 'Ask BitMart why, or make a new read-only key.',
    },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts ? 'BitMart does not give this to the key of a sub-account.' : 'The key may not read this.',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? 'You can’t change this: no key of a sub-account can read it. Deposits and withdrawals are in the history of the main account. Link that with a key of its own.'
          : 'Edit the key on BitMart and tick "Read Only". Everything else is read meanwhile. (A sub-account’s key can never read deposits and withdrawals.)',
    },
    'key-can-withdraw': {
      message: 'The key can withdraw money. Reading never needs that.',
      remedy: 'Make a key with the permission "Read Only" alone and use that one.',
    },
    'key-can-trade': {
      message: 'The key can trade. Reading never needs that.',
      remedy: ({ isRefused }) =>
        isRefused
          ? 'Make a key with the permission "Read Only" alone and use that one.'
          : 'A key with the permission "Read Only" alone is safer. Replace this one when you can.',
    },
    'account-restricted': {
      message: 'BitMart restricts this account, so its history can’t be read now.',
      remedy:
        'Log in at BitMart and do what it asks for (identity check, region, security freeze), or write to its support.',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'Nothing shows that this key belongs to the BitMart account that is linked here. BitMart does not name the account, and no longer serves any record that we hold.'
          : difference === undefined
            ? 'This key belongs to another BitMart account than the one that is linked here, or nothing shows that it is the same one.'
            : 'This key belongs to another BitMart account than the one that is linked here.',
      remedy: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'Link it as a separate account. If you are sure that both are the same account, ask for them to be merged.'
          : 'Link it as a separate account, or use a key of the account that is linked.',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `Two linked accounts turn out to be the same BitMart account, so its records are here twice.${otherAccountId ? ` The other one is ${otherAccountId}.` : ''}`,
      remedy: 'Ask for the two to be merged. No record is lost or duplicated.',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `A key of the main account can’t read the trades of a sub-account.${subAccount ? ` "${subAccount}" was given as one, and this is the key of the main account.` : ''}`,
      remedy: 'Log in to the sub-account at BitMart, make a read-only key there, and link that one.',
    },
    clock: {
      message: 'Our clock and the clock of BitMart do not agree.',
      remedy: 'You don’t need to do anything: the operator checks the clocks.',
    },
    'unexpected-answer': {
      message: 'BitMart answers in a way that can’t be right, so nothing is claimed from it.',
      remedy: 'You don’t need to do anything. Your key is not at fault, and BitMart is asked again automatically.',
    },
    'fills-missing': {
      message: ({ orderCount }) =>
        `BitMart lists ${orderCount === 1 ? 'an order' : 'orders'} of which it has not served every trade.`,
      remedy:
        'You don’t need to do anything: the trades are requested again automatically. If they don’t come, export your spot trades on the BitMart website while it still offers that.',
    },
    'exchange-unreachable': {
      message: 'BitMart does not answer at present.',
      remedy: 'You don’t need to do anything. Your key is not at fault, and the request is repeated automatically.',
    },
    'exchange-closed': {
      message: ({ isEndpointWithdrawn, ended = [], requestedFromMs }) => {
        if (isEndpointWithdrawn) return 'BitMart has withdrawn this history from its API, so no key can read it.';
        if (ended.length === 0) return 'BitMart has ended this.';
        const what = ended.map(({ stream, endedAtMs }) => `${streamName(stream)} (${day(endedAtMs)})`).join(', ');
        const back =
          requestedFromMs === undefined ? '' : ` back to ${day(requestedFromMs)}, or to where BitMart refused`;
        return `BitMart ended this before the account was linked: ${what}. It was requested all the same${back}, and no record came.`;
      },
      remedy: ({ isEndpointWithdrawn, platformEndMs }) =>
        isEndpointWithdrawn
          ? 'Export this history on the BitMart website while it still offers that. What was read before stays stored, and the other histories are still read; another key does not help.'
          : `If there were records, only a file that you export on the BitMart website has them.${platformEndMs ? ` BitMart closes on ${day(platformEndMs)}.` : ''}`,
    },
  },
  notChecked: {
    message: 'The key could not be checked yet. That is our fault, not your key’s.',
    remedy: ({ isStored }) =>
      isStored === false
        ? 'Nothing was stored. Try again in a few minutes.'
        : 'You don’t need to do anything. The key is stored, encrypted, and is checked as soon as we can.',
  },
  operator: {
    'wrong-key': {
      message: 'BitMart does not know this API key.',
      remedy: 'Ask the user to copy the access key again, or to make a new key, and replace it (`rotate`).',
    },
    'wrong-secret-or-memo': {
      message: 'BitMart knows the API key and does not accept the signature: the secret or the memo is wrong.',
      remedy: 'Ask the user for secret and memo again, or for a new key, and replace it (`rotate`).',
    },
    'ip-not-allowed': {
      message: ({ addresses = [] }) =>
        `The key is bound to other addresses than those of our requests${inBrackets(addresses)}.`,
      remedy: ({ addresses = [] }) =>
        addresses.length === 0
          ? 'Set EGRESS_ADDRESSES to the addresses of the workers, so that users see them. The user binds them to the key.'
          : 'Check that EGRESS_ADDRESSES names the addresses of the workers. The user binds them to the key.',
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `BitMart says that the key has expired or lacks a permission. It gives both the same code.${expiresAtMs ? ` The last key check was given the expiry ${minute(expiresAtMs)}.` : ''}`,
      remedy: 'Ask the user for a new key and replace it (`rotate`), or to tick "Read Only".',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs, hasExpired }) => {
        if (!expiresAtMs) return 'The key expires soon.';
        return hasExpired
          ? `The key expired on ${minute(expiresAtMs)}, as far as BitMart said.`
          : `The key expires soon, on ${minute(expiresAtMs)}.`;
      },
      remedy: ({ hasExpired }) =>
        `Ask the user for a new key and replace it (\`rotate\`)${hasExpired ? '' : ' before then'}.`,
    },
    'key-frozen': {
      message: 'BitMart has frozen the key.',
      remedy: 'Ask the user to clear it with BitMart, or for a new key (`rotate`).',
    },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? 'BitMart does not serve this to sub-account keys.'
          : 'The key lacks the permission for this stream.',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? 'No action needed. Deposits and withdrawals come with the main account.'
          : 'Ask the user to tick "Read Only". It is requested again at every sync, and the other streams are read meanwhile.',
    },
    'key-can-withdraw': {
      message: 'The key can withdraw.',
      remedy: 'Ask the user for a key with "Read Only" alone. KEY_POLICY decides whether such keys are accepted.',
    },
    'key-can-trade': {
      message: 'The key can trade.',
      remedy: 'Ask the user for a key with "Read Only" alone. KEY_POLICY decides whether such keys are accepted.',
    },
    'account-restricted': {
      message: 'BitMart restricts the account, so it refuses to serve its history.',
      remedy: 'Only the user can clear it with BitMart. The key is checked again at growing intervals.',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'Nothing shows that the key belongs to this account: no account id, and BitMart no longer serves any record that we hold.'
          : 'The key belongs to another BitMart account.',
      remedy: 'Link the key as a separate account. If both are known to be the same account, merge them (`merge`).',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `This account and ${otherAccountId ?? 'another one'} hold the same records: they are one BitMart account.`,
      remedy: 'Merge them (`merge DUPLICATE ORIGINAL`). No record is lost or duplicated.',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `The key is one of the main account${subAccount ? `; "${subAccount}" was given as its sub-account` : ''}.`,
      remedy: 'Ask the user for a key that was made inside the sub-account, and link that.',
    },
    clock: {
      message: 'BitMart refuses the time of our requests, or its clock is more than 5 minutes from ours.',
      remedy: 'Set the clock of the worker (NTP); `doctor` shows the difference.',
    },
    'unexpected-answer': {
      message: 'BitMart answers in a way that does not fit the request, so nothing is claimed from it.',
      remedy: 'It is requested again automatically. If it stays, `coverage --evidence` shows the stored answers.',
    },
    'fills-missing': {
      message: ({ orders = [], orderCount = orders.length }) =>
        `By BitMart’s own list, more was traded on ${orderCount === 1 ? 'one order' : `${orderCount} orders`} than all trades that it serves add up to.`,
      remedy:
        'The time of these orders is requested again every day (of one that was open for more than a day only once); `coverage` names them, and `sync` requests it at once. If it stays, ask the user to export the spot trades of that time on the BitMart website while it is there.',
    },
    'exchange-unreachable': {
      message: 'BitMart does not answer.',
      remedy:
        'The request is repeated automatically. `doctor` shows whether the hosts of BitMart can be reached from here.',
    },
    'exchange-closed': {
      message: (facts) => {
        const { isEndpointWithdrawn, ended = [], requestedFromMs } = facts;
        if (isEndpointWithdrawn) return 'BitMart has withdrawn the endpoint that served this stream.';
        const what = ended.map(({ stream, endedAtMs }) => `${stream} (${minute(endedAtMs)})`).join(', ');
        const back =
          requestedFromMs === undefined
            ? ''
            : ` It was requested back to ${isoDay(requestedFromMs)}, or to where BitMart refused, and no record came.`;
        return `BitMart ended this before the account was linked${what === '' ? '' : `: ${what}`}.${back}`;
      },
      remedy: ({ isEndpointWithdrawn }) =>
        isEndpointWithdrawn
          ? 'Ask the user to export this history on the BitMart website while it is there. What was read stays stored; another key does not help.'
          : 'No action needed. If the user had records there, only a file of the BitMart website has them.',
    },
  },
  slips: {
    'key-empty': 'The access key is empty.',
    'key-malformed':
      'The access key holds a line break, a blank or a character that no key has, or is far too long: copy it again, alone.',
    'key-and-secret-swapped': 'Access key and secret look swapped: the secret is the longer one, shown only once.',
    'key-cut-short': 'The access key looks cut short: copy it again, whole.',
    'key-of-another-exchange': 'The access key looks like one of another exchange.',
    'secret-empty': 'The secret is empty.',
    'secret-malformed':
      'The secret holds a line break, a blank or a character that no secret has, or is far too long: copy it again, alone.',
    'secret-cut-short': 'The secret looks cut short: copy it again, whole.',
    'memo-malformed':
      'The memo holds a line break or another character that can not be typed, or is far too long: it is one short line.',
    'memo-blank': 'The memo is blank. BitMart requires one: it is the text that you made up for this key.',
    'memo-like-account-number': 'The memo looks like an account number. It is the text that you made up for this key.',
    'memo-like-key': 'The memo looks like a key or a secret. Two fields may be mixed up.',
    'memo-with-outer-blanks':
      'The memo begins or ends with a blank, which was kept: BitMart compares it letter by letter.',
    'memo-with-symbols': 'The memo has symbols such as "!" or "※", which are known to cause failures.',
    'secret-same-as-key': 'Secret and API key are the same text. The secret is the longer one.',
    'secret-same-as-memo': 'Secret and memo are the same text. Two fields may be mixed up.',
  },
  streams: streamTitles('en'),
  history: {
    heading: 'What you get',
    reading: 'BitMart is being read. The numbers grow while you watch.',
    read: 'Everything that BitMart serves to this key has been read once.',
    stopped: 'Reading has stopped.',
    columns: { type: 'History', records: 'Records so far', reach: 'How far back', missing: 'Out of reach' },
    records: (count) => counted(count, 'record', 'records'),
    servedBack: (day) => `Back to ${day}`,
    nothingServed: 'BitMart served no record',
    notAskedYet: 'Not read yet',
    needsRight: (right) => (right === 'unknown' ? 'Not shown to this key' : `Needs the right “${right}”`),
    nothingMissing: 'Nothing known to be missing',
    stillReading: 'Being read',
    gaps: {
      'expired-before-link': (until) =>
        `Before ${until}: BitMart no longer serves it. Only a file that you export on the BitMart website has older records, if there are any.`,
      'expired-unread': (until) =>
        `Some time before ${until} was not fully read while BitMart served it. Only a file that you export on the BitMart website has what is missing, if anything is.`,
      'reach-unknown': (until) =>
        `Before ${until}: BitMart served no record, and does not say how far back it goes. Usually nothing is missing.`,
      'too-dense': () => 'More records at once than one answer holds. Compare them with a file from the website.',
      refused: () =>
        'The key may not read this, or BitMart has withdrawn it. If “Read Only” is not ticked, tick it at BitMart.',
      'not-opened': () => 'BitMart shows no such account of yours. If you had one, compare with its website.',
      quarantined: () => 'A record that could not be understood yet. Its text is kept.',
      'unexpected-answer': () => 'A time for which BitMart’s answers contradict each other. It is requested again.',
      unanswered: () => 'A time for which BitMart fails to answer. It is requested again.',
    },
    missingRight: (right) =>
      right === 'unknown'
        ? 'BitMart does not show this to this key, and does not say which right it needs. Nothing has to be done.'
        : `BitMart shows this only to keys with the right “${right}”. A key that can only read is safer, so nothing is wrong.`,
    files:
      'BitMart’s website may still have what is out of reach: log in, open your order and asset history, and export it as a file.',
    closes: (day) => `BitMart closes on ${day}. Export before then.`,
  },
};
