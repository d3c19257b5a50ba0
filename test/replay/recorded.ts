import { readdirSync, readFileSync } from 'node:fs';
import type { History } from '@temporalio/common/lib/proto-utils.js';

const folder = new URL('histories/', import.meta.url);

/** A history that was recorded once, and what a client or a release can recognize in it. */
export interface Recorded {
  readonly name: string;
  readonly history: History;
  readonly workflow: string;
  readonly updates: readonly string[];
  readonly signals: readonly string[];
  /** Patches whose marker it bears. */
  readonly patches: readonly string[];
}

export function recordedHistories(): readonly Recorded[] {
  return readdirSync(folder).map((file) => {
    const name = file.replace(/\.json$/, '');
    const history = recordedHistory(name);
    const { events } = history as unknown as { readonly events: readonly Event[] };
    const all = (of: (event: Event) => string | undefined) => events.map(of).filter((found) => found !== undefined);
    return {
      name,
      history,
      workflow: all((event) => event.workflowExecutionStartedEventAttributes?.workflowType.name)[0] as string,
      updates: all((event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest.input.name),
      signals: all((event) => event.workflowExecutionSignaledEventAttributes?.signalName),
      patches: all(patchOf),
    };
  });
}

export function recordedHistory(name: string): History {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as History;
}

function patchOf({ markerRecordedEventAttributes: marker }: Event): string | undefined {
  const [payload] = marker?.details['patch-data']?.payloads ?? [];
  if (payload === undefined) return undefined;
  return (JSON.parse(Buffer.from(payload.data, 'base64').toString()) as { readonly id: string }).id;
}

/** What we read of an event in its JSON. */
interface Event {
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
  readonly workflowExecutionUpdateAcceptedEventAttributes?: {
    readonly acceptedRequest: { readonly input: { readonly name: string } };
  };
  readonly workflowExecutionSignaledEventAttributes?: { readonly signalName: string };
  readonly markerRecordedEventAttributes?: {
    readonly details: Readonly<Record<string, { readonly payloads: readonly { readonly data: string }[] }>>;
  };
}
