import { shownStreams } from '../../dev/demo/accounts.ts';
import { listedContracts, trueRecords } from '../../dev/demo/comparison/compare-account.ts';
import { compareStream, mistakesOf, type StreamVerdict } from '../../dev/demo/comparison/compare-stream.ts';
import { StoredRecords } from '../../dev/demo/comparison/stored-records.ts';
import type { Environment } from './environment.ts';
import type { Person } from './person.ts';

/** Every stored row of a person's account against the exchange's truth. One line per mistake. */
export async function mistakesIn(environment: Environment, person: Person, accountId: string): Promise<string[]> {
  const { exchange, url } = environment.sandbox;
  const { owner } = person;
  const { name } = person.plan;
  const stored = StoredRecords.connect(environment.databaseUrl);
  try {
    const coverage = await owner.coverage(accountId);
    const linkedAt = (await owner.list()).find((listed) => listed.accountId === accountId)?.linkedAt ?? '';
    const truth = trueRecords(exchange, name, Date.parse(linkedAt));
    const claims = await stored.claims(accountId);
    const contracts = await listedContracts(url);
    const verdicts: StreamVerdict[] = [];
    for (const stream of shownStreams) {
      const { covered = [], gaps = [] } = coverage.streams.find((of) => of.stream === stream) ?? {};
      // What no request can bring is not a loss where we say so.
      const tooDense = gaps.filter(({ reason }) => reason === 'too-dense');
      const isTooDense = (atMs: number) =>
        tooDense.some(({ from, to }) => Date.parse(from) <= atMs && atMs < Date.parse(to));
      verdicts.push(
        compareStream({
          stream,
          truth: truth
            .filter((record) => record.stream === stream)
            .map((record) => ({ ...record, wasServable: record.wasServable && !isTooDense(record.timeMs) })),
          stored: await stored.of(accountId, stream),
          claims: claims.filter((claim) => claim.stream === stream),
          covered: covered.map(([from, to]) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) })),
          contracts,
        }),
      );
    }
    return verdicts.flatMap((verdict) =>
      mistakesOf(verdict) === 0
        ? []
        : [
            `${name}: ${verdict.stream}: ${verdict.lost} lost, ${verdict.doubled} duplicated, ${verdict.invented} invented, ${verdict.different} altered, ${verdict.falselyClaimed} falsely claimed: ${verdict.examples.join('; ')}`,
          ],
    );
  } finally {
    await stored.close();
  }
}
