/** Every workflow that a worker runs: the entry of the workflow bundle. */
export { linkedAccount } from './linked-account.ts';
