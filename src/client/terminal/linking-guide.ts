/** What the user does on BitMart's side before a key can be linked. */
export const linkingGuide = `What to do on BitMart first:
  1. Account menu → API Management → create an API key.
  2. Choose a memo. It is required, and is asked for again here; letters and digits are the safe choice
     (symbols such as "!" are known to make signed requests fail with other products).
  3. Tick "Read Only" and nothing else: neither trading nor withdrawing is needed.
  4. Bind the addresses that your operator names (the addresses that the worker's requests come from);
     \`doctor\` shows whether the exchange can be reached.
  5. Confirm with the code that BitMart sends by e-mail.
  6. Copy access key and secret at once: the secret is shown this one time only. Missed it? Make a new key.
  A sub-account has keys of its own: make the key inside that sub-account. Its name is only a label here;
  the same key is one account whatever the name.

Give them as JSON on standard input:
  {"apiKey": "…", "apiSecret": "…", "memo": "…"}
or run the command on a terminal to be asked with hidden input. Never put them into arguments.

BitMart serves trades of the past 3 months only, and closes for good on 2027-01-31 15:59 UTC:
what is not read by then can't be read by anybody any more.`;
