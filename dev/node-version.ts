/** The sources run without a build only on Node 24; elsewhere one line says so instead of a syntax error. */
export function requireNode(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return;
  console.error(
    `bitmart-sync needs Node 24 or newer and this is ${process.versions.node}. On Linux \`npm ci\` brings it along for every \`npm run\`; elsewhere install Node 24.`,
  );
  process.exit(2);
}
