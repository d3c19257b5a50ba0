// Verifies the archive in whose folder it lies: node verify.mjs. Ends with status 0 if everything holds, with 1 if anything does not.
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const problems = [];
const check = (holds, problem) => holds || problems.push(problem);
const text = (path) => new TextDecoder().decode(readFileSync(join(root, path)));
const roundCounts = [50, 100, 200, 500, 1000];

async function hashOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(root, path))) hash.update(chunk);
  return hash.digest('hex');
}

async function* documents(path) {
  let rest = '';
  for await (const chunk of createReadStream(join(root, path), 'utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
  check(rest === '', `${path} ends in the middle of a line`);
}

/** Where within a range the proof, sorted by its beginnings, leaves a hole; null: nowhere. */
function holeIn([from, to], proof) {
  for (const [start, end] of proof) if (start <= from && end > from) from = end;
  return from < to ? from : null;
}

async function verify() {
  // 1. Every file is the one that the manifest names, and there is no other.
  check(text('manifest.sha256') === `${await hashOf('manifest.json')}  manifest.json\n`, 'manifest.json was changed');
  const { files } = JSON.parse(text('manifest.json'));
  for (const { path, sha256 } of files) check((await hashOf(path)) === sha256, `${path} was changed`);
  const known = new Set([...files.map(({ path }) => path), 'manifest.json', 'manifest.sha256']);
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const paths = found.map(({ parentPath, path, name }) =>
    relative(root, join(parentPath ?? path, name)).replaceAll('\\', '/'),
  );
  for (const path of paths) check(known.has(path), `${path} is not in the manifest`);

  // 2. Every page is its bytes; what it proves lies within what was asked, and it was not full.
  const streams = new Map(JSON.parse(text('coverage.json')).streams.map((stream) => [stream.stream, stream]));
  const [pages, proofs, oldest] = [new Map(), new Map(), new Map()];
  let empty = 0;
  for await (const page of documents('pages.ndjson')) {
    const { cap, rowsAt } = streams.get(page.stream);
    if (page.file === null) empty += 1;
    else check((await hashOf(page.file)) === page.sha256, `${page.file} is not the answer of its page`);
    const rows =
      page.file === null ? 0 : rowsAt.reduce((value, name) => value[name], JSON.parse(text(page.file))).length;
    check(rows === page.rows, `page ${page.pageId} has ${rows} rows, not ${page.rows}`);
    pages.set(page.pageId, { file: page.file, left: page.inserted + page.changed });
    if (rows >= cap || roundCounts.includes(rows)) continue;
    const part = `${page.stream} ${page.part}`;
    if (!proofs.has(part)) proofs.set(part, { claim: [], answered: [] });
    for (const kind of ['claim', 'answered']) {
      const within = ([from, to]) => from >= page.askedFrom && to <= page.askedTo && to <= page.answeredAt;
      proofs.get(part)[kind].push(...page[kind].filter(within));
    }
  }

  // 3. The text of every record stands in its page, and a page brought no more records than it says.
  const recent = new Map();
  function checkRow({ page_id: id, raw }, name) {
    const file = pages.get(id)?.file;
    if (!file) return check(false, `${name}: page ${id}, which brought a record, is not there`);
    if (!recent.has(file)) recent.set(file, text(file));
    if (recent.size > 64) recent.delete(recent.keys().next().value);
    check(
      typeof raw === 'string' && raw !== '' && recent.get(file)?.includes(raw),
      `${name}: a record does not stand in ${file}`,
    );
  }
  const see = (part, time) => time && (oldest.get(part) ?? '9') > time && oldest.set(part, time);
  let records = 0;
  for (const [stream, { timeColumn }] of streams) {
    for await (const record of documents(`records/${stream}.ndjson`)) {
      records += 1;
      checkRow(record, stream);
      check(
        !pages.has(record.page_id) || --pages.get(record.page_id).left >= 0,
        `${stream}: a record of page ${record.page_id} stands twice`,
      );
      see(`${stream} ${record.part ?? 'all'}`, record[timeColumn]);
    }
  }
  for await (const row of documents('earlier-versions.ndjson')) checkRow(row, 'an earlier version');
  for await (const row of documents('quarantined-rows.ndjson')) {
    checkRow(row, 'a quarantined row');
    see(`${row.stream} ${row.part}`, row.row_at);
  }

  // 4. What is covered, pages prove. Beyond its claim a page counts from the oldest record on: so far BitMart served.
  for (const { stream, covered, parts } of streams.values()) {
    check(parts.length > 0 || covered.length === 0, `${stream} covers what none of its parts covers`);
    for (const { part, covered: ofPart, provedFrom } of parts) {
      const { claim, answered } = proofs.get(`${stream} ${part}`) ?? { claim: [], answered: [] };
      const shownFrom = oldest.get(`${stream} ${part}`) ?? '9';
      const shown = answered.map(([from, to]) => [from > shownFrom ? from : shownFrom, to]);
      const proof = [...claim, ...shown, ...(provedFrom ? [['0', provedFrom]] : [])].sort(([a], [b]) =>
        a < b ? -1 : 1,
      );
      if (provedFrom) console.log(`${stream}: what is covered before ${provedFrom} has no pages.`);
      for (const range of [...ofPart, ...covered]) {
        const hole = holeIn(range, proof);
        check(hole === null, `${stream} (${part}): no page proves what is covered from ${hole} on`);
      }
    }
  }
  return `${records} records, ${pages.size} pages (${empty} empty ones without bytes), ${files.length} files`;
}

const verified = await verify().catch((error) => problems.push(`the archive can't be read: ${error.message}`));
for (const problem of problems.slice(0, 20)) console.error(problem);
console.log(problems.length === 0 ? `Verified: ${verified}.` : `NOT VERIFIED: ${problems.length} problems.`);
process.exitCode = problems.length === 0 ? 0 : 1;
