/** `npm run audit`: are the packages that are installed those that their authors published? Says so when it could not ask. */
import { spawnSync } from 'node:child_process';

// It asks the registry once a package; a network that is not there shows at once without retries.
const maxMs = 180_000;
const answered = spawnSync('npm', ['audit', 'signatures', '--fetch-retries=0', '--loglevel=error'], {
  encoding: 'utf8',
  timeout: maxMs,
});
const said = `${answered.stdout}${answered.stderr}`.trim();
const unanswered =
  /ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|network request|E40[34]|no keys|not supported/i.exec(said);
if (answered.status === 0) console.log(said);
else if (answered.error || unanswered) {
  console.log(`skipped: npm audit signatures, because the registry did not answer (${unanswered?.[0] ?? 'time-out'})`);
} else {
  console.error(said);
  process.exitCode = 1;
}
