/** The roles of Postgres: each process takes one of them when it connects. */
export const databaseRoles = ['worker', 'client', 'reader'] as const;
export type DatabaseRole = (typeof databaseRoles)[number];

export function roleName(schema: string, role: DatabaseRole): string {
  return `${schema}_${role}`;
}

/** A process can't take its role, so it does nothing: as its login it might see more than it should. */
export class RoleUnavailable extends Error {
  override readonly name = 'RoleUnavailable';
  /** SQLSTATE of a login that Postgres refuses. */
  readonly code = '28000';
  readonly exists: boolean;

  constructor(role: string, reason: keyof typeof reasons, options?: { cause: unknown }) {
    super(reasons[reason](role), options);
    this.exists = reason !== 'missing';
  }
}

const reasons = {
  missing: (role: string) =>
    `The role ${role} does not exist: \`migrate\` makes it. Run \`bitmart-sync migrate\` (in the repository \`npm run cli -- migrate\`).`,
  'not-granted': (role: string) =>
    `This login may not act as the role ${role}. Grant it once, as a superuser or as the login that migrates: grant ${role} to <login>;`,
  'not-taken': (role: string) =>
    `Postgres did not take the role ${role}: what stands between drops the settings of a connection (\`ignore_startup_parameters = options\` of PgBouncer does). Connect to Postgres itself, or have the pooler set it: connect_query = 'set role ${role}'.`,
};

/** Turns a failed connection into RoleUnavailable if its role is the reason. */
export function asRoleFailure(error: unknown, role: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  if (code === '22023' && error.message === `role "${role}" does not exist`) {
    return new RoleUnavailable(role, 'missing', { cause: error });
  }
  if (code === '42501' && error.message.includes('to set role'))
    return new RoleUnavailable(role, 'not-granted', { cause: error });
  return error;
}
