/** Why the demo can't go on, in one sentence. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return sentenceOf(error.errors[0]);
  const remedy = 'remedy' in error && typeof error.remedy === 'string' ? ` ${error.remedy}` : '';
  return `${error.message || error.name}${remedy}`;
}
