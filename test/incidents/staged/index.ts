import type { Incident } from '../incident.ts';
import { clockOff } from './clock-off.ts';
import { exchangeDown } from './exchange-down.ts';
import { historyAtRisk } from './history-at-risk.ts';
import { limitTooLow } from './limit-too-low.ts';
import { postgresDown } from './postgres-down.ts';
import { quarantinedRows } from './quarantined-rows.ts';
import { refusedKey } from './refused-key.ts';
import { schemaBehind } from './schema-behind.ts';
import { workerKilled } from './worker-killed.ts';
import { workflowTerminated } from './workflow-terminated.ts';

export const incidents: readonly Incident[] = [
  refusedKey,
  exchangeDown,
  limitTooLow,
  workerKilled,
  postgresDown,
  clockOff,
  quarantinedRows,
  historyAtRisk,
  workflowTerminated,
  schemaBehind,
];
