import { sql } from 'kysely';
import type { ShorterReach } from '../history/ports.ts';
import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';

/** How far back streams are really served, in milliseconds, where that is less than documented. */
export type MeasuredReaches = ReadonlyMap<string, number>;

export async function loadReaches(database: Database, exchange: string): Promise<MeasuredReaches> {
  const { rows } = await sql<{ stream: string; reach_ms: number }>`
    select stream, reach_ms from stream_reach where exchange = ${exchange} and measured_at is not null`.execute(
    database.kysely,
  );
  return new Map(rows.map((row) => [row.stream, Number(row.reach_ms)]));
}

/** Writes down that a stream is served less far back than thought; a reach that was measured shorter stays. */
export async function saveReach(database: Database, exchange: string, stream: string, shown: ShorterReach) {
  await sql`
    insert into stream_reach (exchange, stream, reach_ms, witnesses, first_look_at, measured_at)
    values (${exchange}, ${stream}, ${shown.reachMs}, ${shown.witnesses}, now(), now())
    on conflict (exchange, stream) do update set
      reach_ms = least(stream_reach.reach_ms, excluded.reach_ms), witnesses = excluded.witnesses, measured_at = now()
  `.execute(database.kysely);
}

/** The streams with the reach that was measured, which is never longer than the documented one. */
export function withReaches(streams: readonly Stream[], reaches: MeasuredReaches): readonly Stream[] {
  return streams.map((stream) => {
    const reachMs = reaches.get(stream.name);
    return reachMs !== undefined && reachMs < stream.reachMs ? { ...stream, reachMs } : stream;
  });
}
