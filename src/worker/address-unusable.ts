/** An address of ours can't be listened at; the message names the variable that it comes from. */
export class AddressUnusable extends Error {
  override readonly name = 'AddressUnusable';

  constructor(variable: string, address: string, cause: unknown) {
    const code = (cause as { code?: unknown } | null)?.code;
    const reason = code === 'EADDRINUSE' || /in use/i.test(String(cause)) ? 'it is in use' : reasonOf(cause);
    super(`${variable} names ${address}, which can't be listened at: ${reason}. Choose another, or leave it out.`, {
      cause,
    });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
