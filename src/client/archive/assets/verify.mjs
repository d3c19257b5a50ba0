// Verifies the archive in whose folder it lies: node verify.mjs. Ends with status 0 if everything holds, else with 1.
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const [problems, texts, shown] = [new Set(), new Map(), 20];
const check = (holds, problem) => holds || problems.add(problem);

async function hashOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(root + path)) hash.update(chunk);
  return hash.digest('hex');
}

/** The last 64 of them are kept. */
function text(path) {
  if (!texts.has(path)) texts.set(path, new TextDecoder().decode(readFileSync(root + path)));
  if (texts.size > 64) texts.delete(texts.keys().next().value);
  return texts.get(path);
}

async function* documents(path) {
  let rest = '';
  for await (const chunk of createReadStream(root + path, 'utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function verify() {
  // 1. Every file is the one that the manifest names, and there is no other.
  check(text('manifest.sha256') === `${await hashOf('manifest.json')}  manifest.json\n`, 'manifest.json was changed');
  const files = new Map(JSON.parse(text('manifest.json')).files.map(({ path, sha256 }) => [path, sha256]));
  for (const [path, sha256] of files) check((await hashOf(path)) === sha256, `${path} was changed`);
  const paths = readdirSync(root, { recursive: true }).filter((path) => !statSync(root + path).isDirectory());
  for (const path of paths.map((found) => found.replaceAll('\\', '/')))
    check(files.has(path) || ['manifest.json', 'manifest.sha256'].includes(path), `${path} is not in the manifest`);

  // 2. Every page is its bytes. What it proves lies within what was asked, and only an answer that was not full proves.
  const streams = JSON.parse(text('coverage.json')).streams;
  const [pages, proofs, oldest] = [new Map(), new Map(), new Map()];
  for await (const page of documents('pages.ndjson')) {
    const { cap, rowsAt } = streams.find(({ stream }) => stream === page.stream);
    const { pageId, file, inserted, changed, askedFrom, askedTo, answeredAt } = page;
    if (file !== null) check((await hashOf(file)) === page.sha256, `${file} is not the answer of its page`);
    const rows = file === null ? 0 : rowsAt.reduce((value, name) => value[name], JSON.parse(text(file))).length;
    check(rows === page.rows, `page ${pageId} has ${rows} rows, not ${page.rows}`);
    pages.set(pageId, { file, left: inserted + changed });
    if (rows >= cap || [50, 100, 200, 500, 1000].includes(rows)) continue;
    for (const kind of ['claim', 'answered']) {
      const within = page[kind].filter(([from, to]) => from >= askedFrom && to <= askedTo && to <= answeredAt);
      const key = `${page.stream} ${page.part} ${kind}`;
      if (!proofs.has(key)) proofs.set(key, []);
      proofs.get(key).push(...within);
    }
  }

  // 3. The text of every record stands in its page, and a page brought no more records than it says.
  function checkRow({ page_id: id, raw }, what) {
    const file = pages.get(id)?.file ?? null;
    if (file === null) check(false, `${what}: page ${id}, which brought a record, is not there`);
    else check(raw && text(file).includes(raw), `${what}: a record does not stand in ${file}`);
  }
  const see = (part, time) => oldest.set(part, [oldest.get(part) ?? '9', time ?? '9'].sort()[0]);
  let records = 0;
  for (const { stream, timeColumn, rows } of streams) {
    const before = records;
    for await (const record of documents(`records/${stream}.ndjson`)) {
      records += 1;
      checkRow(record, stream);
      const page = pages.get(record.page_id) ?? { left: 1 };
      page.left -= 1;
      check(page.left >= 0, `${stream}: a record of page ${record.page_id} stands twice`);
      see(`${stream} ${record.part ?? 'all'}`, record[timeColumn]);
    }
    check(records - before === rows, `${stream}: ${records - before} records, not ${rows}`);
  }
  for await (const row of documents('earlier-versions.ndjson')) checkRow(row, 'an earlier version');
  for await (const row of documents('quarantined-rows.ndjson')) {
    checkRow(row, 'a quarantined row');
    see(`${row.stream} ${row.part}`, row.row_at);
  }

  // 4. What is covered, pages prove. Beyond its claim a page counts from the oldest record on: so far back BitMart served.
  for (const { stream, covered, parts } of streams) {
    check(parts.length > 0 || covered.length === 0, `${stream} covers what none of its parts covers`);
    for (const { part, covered: ofPart, provedFrom } of parts) {
      const servedFrom = oldest.get(`${stream} ${part}`) ?? '9';
      const answered = proofs.get(`${stream} ${part} answered`) ?? [];
      const proof = [['0', provedFrom ?? '0'], ...(proofs.get(`${stream} ${part} claim`) ?? [])];
      proof.push(...answered.map(([from, to]) => [from > servedFrom ? from : servedFrom, to]));
      proof.sort(([a], [b]) => (a < b ? -1 : 1));
      for (let [from, to] of [...ofPart, ...covered]) {
        for (const [proved, until] of proof) if (proved <= from && until > from) from = until;
        check(from >= to, `${stream} (${part}): no page proves what is covered from ${from} on`);
      }
      if (provedFrom) console.log(`${stream}: what is covered before ${provedFrom} has no pages.`);
    }
  }
  const empty = [...pages.values()].filter(({ file }) => file === null).length;
  return `${records} records, ${pages.size} pages (${empty} empty ones without bytes), ${files.size} files`;
}

const verified = await verify().catch((error) => check(false, `the archive can't be read: ${error.message}`));
for (const problem of [...problems].slice(0, shown)) console.error(problem);
console.log(problems.size === 0 ? `Verified: ${verified}.` : `NOT VERIFIED: ${problems.size} problems.`);
process.exitCode = problems.size === 0 ? 0 : 1;
