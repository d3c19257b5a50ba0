import { movements } from './movements.ts';

export const deposits = movements({ stream: 'deposits', table: 'deposit', operation: 'deposit', id: 'deposit_id' });
