/** Says what each running system is at. */
export const whatRuns = new Set<() => Promise<string>>();
