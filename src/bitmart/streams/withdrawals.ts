import { movements } from './movements.ts';

/** Requests to withdraw, whatever became of them: failed and cancelled ones are listed too and must not count as outflows. */
export const withdrawals = movements({
  stream: 'withdrawals',
  table: 'withdrawal',
  operation: 'withdraw',
  id: 'withdraw_id',
});
