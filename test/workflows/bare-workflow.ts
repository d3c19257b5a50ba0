/** A loop of activities and nothing else, in a bundle of its own: what the SDK itself takes to bring a workflow back. */
export { accountEvents } from '../../src/workflows/account-events.ts';
