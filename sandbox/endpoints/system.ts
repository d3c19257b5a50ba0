import type { PublicEndpoint } from '../call.ts';
import { successOf } from '../envelope.ts';

const limit = { calls: 10, windowMs: 1_000 };

/** The exchange's clock. */
export const systemTime: PublicEndpoint = {
  method: 'GET',
  path: '/system/time',
  level: 'none',
  limit,
  answer: ({ clockMs }) => successOf('OK', { server_time: clockMs }),
};

/** Maintenance past and present; status 1 is present. */
export const systemService: PublicEndpoint = {
  method: 'GET',
  path: '/system/service',
  level: 'none',
  limit,
  answer: ({ clockMs, isUnderMaintenance }) => {
    const hourMs = 3_600_000;
    const past = { status: '2', start_time: 1_527_777_538_000, end_time: 1_527_777_538_000 };
    const present = { status: '1', start_time: clockMs - hourMs, end_time: clockMs + hourMs };
    const state = isUnderMaintenance ? present : past;
    const service = ['Spot', 'Contract', 'Account'].map((name) => ({
      title: `${name} API Stop`,
      service_type: name.toLowerCase(),
      ...state,
    }));
    return successOf('OK', { service });
  },
};
