// Loaded before every script, and plain CommonJS: an older Node can't even read the sources to say that it is too old.
const leastMajor = 24;

if (Number(process.versions.node.split('.')[0]) < leastMajor) {
  console.error(
    `bitmart-sync needs Node ${leastMajor} or newer and this is ${process.versions.node}. On Linux \`npm ci\` brings one along for every \`npm run\`; elsewhere install Node ${leastMajor}.`,
  );
  process.exit(2);
}
