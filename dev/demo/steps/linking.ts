import { workflowIdOf } from '../../../src/workflows/messages.ts';
import { addVisitor, recordCount, type SimulatedAccount, shownStreams } from '../accounts.ts';
import type { DemoRun } from '../demo-run.ts';
import { DemoFailure } from '../failure.ts';
import type { WatchedAccount } from '../observer.ts';
import { count } from '../view/words.ts';

/** Links a key the way a platform does, and watches the account from then on. */
export async function link(run: DemoRun, simulated: SimulatedAccount): Promise<WatchedAccount> {
  const { owner, label, credentials } = simulated;
  const { screen, exchange, observer } = run;
  const records = shownStreams.reduce((sum, stream) => sum + recordCount(exchange, owner, stream), 0);
  const client = run.client.forOwner(owner);
  const answer = await screen.during(`Linking ${owner}'s key (${label}: ${count(records)} records)`, () =>
    client.link(credentials, { label }),
  );
  if (answer.outcome !== 'accepted') {
    const [problem] = answer.problems;
    throw new DemoFailure(`${owner}'s key was not accepted: ${problem?.message ?? answer.outcome}`);
  }
  screen.say(`  accepted: ${answer.readOnly ? 'a read-only key' : 'a key'}, account ${answer.accountId}`);
  const account = { simulated, client, accountId: answer.accountId };
  observer.watch(account);
  return account;
}

/** A key with a wrong memo is refused with a message that the user can act on, and leaves nothing behind. */
export async function showRefusal(run: DemoRun, { owner, label, credentials }: SimulatedAccount): Promise<void> {
  const { screen, stored, client } = run;
  const answer = await screen.during(`Linking ${owner}'s key (${label})`, () =>
    client.forOwner(owner).link(credentials, { label }),
  );
  const [problem] = answer.problems;
  if (answer.outcome !== 'refused' || problem === undefined) {
    throw new DemoFailure(`${owner}'s memo is wrong, and yet the key was not refused but ${answer.outcome}.`);
  }
  screen.say(`  refused (${problem.code}): ${problem.message}`);
  screen.say(`  remedy: ${problem.remedy}`);
  const left = await stored.countOfOwner(owner);
  if (left > 0) throw new DemoFailure(`${left} rows are left of the key that was refused.`);
  screen.say('  nothing of it is stored: no account, no key');
}

/** A link that can be opened, and a key of the simulated exchange to type there. */
export async function offerLinkPage({ screen, client, exchange }: DemoRun): Promise<void> {
  const { apiKey, apiSecret, memo } = addVisitor(exchange);
  const { url } = await client.forOwner('dave').createLinkSession({ label: 'Linked by hand' });
  screen.say(`Link a key yourself: ${url}`);
  screen.say(`  API key ${apiKey}`);
  screen.say(`  API secret ${apiSecret}`);
  screen.say(`  memo ${memo}`);
}

/** Where an operator can watch the demo. */
export function showWhereToLook({ screen, installation }: DemoRun, account: WatchedAccount): void {
  screen.say(`Temporal UI: ${installation.uiUrl}`);
  screen.say(`  ${account.simulated.owner}'s workflow: ${installation.workflowUrl(workflowIdOf(account.accountId))}`);
}
