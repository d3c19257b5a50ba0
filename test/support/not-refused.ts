import type { LinkResult } from '../../src/client/index.ts';

/** A link that is not refused, so that there is an account. */
export async function notRefused<Result extends LinkResult>(
  linking: Promise<Result>,
): Promise<Result & { readonly accountId: string }> {
  const result = await linking;
  const { accountId, problems } = result;
  if (accountId === null) throw new Error(`The key was refused: ${problems.map(({ code }) => code).join(', ')}.`);
  return { ...result, accountId };
}
