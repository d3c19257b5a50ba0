"""Verifies the archive in whose folder it lies: python3 verify.py. Ends with status 0 if everything holds, else with 1."""
import functools, hashlib, json, os, sys

root, problems, shown = os.path.dirname(os.path.abspath(__file__)), {}, 20

def check(holds, problem):
    holds or problems.setdefault(problem)

def content(path):
    with open(os.path.join(root, path), "rb") as file:
        yield from iter(lambda: file.read(1 << 20), b"")

def hash_of(path):
    found = hashlib.sha256()
    for chunk in content(path):
        found.update(chunk)
    return found.hexdigest()

@functools.lru_cache(64)
def text(path):
    return b"".join(content(path)).decode("utf-8-sig", "replace")

def documents(path):
    with open(os.path.join(root, path), encoding="utf-8", newline="\n") as file:
        yield from map(json.loads, file)

def verify():
    # 1. Every file is the one that the manifest names, and there is no other.
    check(text("manifest.sha256") == hash_of("manifest.json") + "  manifest.json\n", "manifest.json was changed")
    files = {file["path"]: file["sha256"] for file in json.loads(text("manifest.json"))["files"]}
    for path in files:
        check(hash_of(path) == files[path], path + " was changed")
    for folder, _, names in os.walk(root):
        for path in [os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/") for name in names]:
            check(path in files or path in ("manifest.json", "manifest.sha256"), path + " is not in the manifest")

    # 2. Every page is its bytes. What it proves lies within what was asked, and only an answer that was not full proves.
    streams = {stream["stream"]: stream for stream in json.loads(text("coverage.json"))["streams"]}
    pages, proofs, oldest, records = {}, {}, {}, 0
    for page in documents("pages.ndjson"):
        stream, file, rows = streams[page["stream"]], page["file"], []
        if file is not None:
            check(hash_of(file) == page["sha256"], file + " is not the answer of its page")
            rows = functools.reduce(lambda value, name: value[name], stream["rowsAt"], json.loads(text(file)))
        check(len(rows) == page["rows"], "page %s has %d rows, not %s" % (page["pageId"], len(rows), page["rows"]))
        pages[page["pageId"]] = {"file": file, "left": page["inserted"] + page["changed"]}
        if len(rows) < stream["cap"] and len(rows) not in (50, 100, 200, 500, 1000):
            until = min(page["askedTo"], page["answeredAt"])
            for kind in ("claim", "answered"):
                within = [(a, b) for a, b in page[kind] if page["askedFrom"] <= a and b <= until]
                proofs.setdefault((page["stream"], page["part"], kind), []).extend(within)

    # 3. The text of every record stands in its page, and a page brought no more records than it says.
    def check_row(row, what):
        page = pages.get(row["page_id"], {"file": None, "left": 1})
        if page["file"] is None:
            return check(False, "%s: page %s, which brought a record, is not there" % (what, row["page_id"]))
        check(row["raw"] and row["raw"] in text(page["file"]), "%s: a record does not stand in %s" % (what, page["file"]))

    for name, stream in streams.items():
        before = records
        for record in documents("records/%s.ndjson" % name):
            check_row(record, name)
            page, part, records = pages.get(record["page_id"], {"left": 1}), (name, record.get("part", "all")), records + 1
            page["left"] -= 1
            check(page["left"] >= 0, "%s: a record of page %s stands twice" % (name, record["page_id"]))
            oldest[part] = min(oldest.get(part, "9"), record[stream["timeColumn"]])
        check(records - before == stream["rows"], "%s: %d records, not %d" % (name, records - before, stream["rows"]))
    for row in documents("earlier-versions.ndjson"):
        check_row(row, "an earlier version")
    for row in documents("quarantined-rows.ndjson"):
        check_row(row, "a quarantined row")
        oldest[row["stream"], row["part"]] = min(oldest.get((row["stream"], row["part"]), "9"), row["row_at"] or "9")

    # 4. What is covered, pages prove. Beyond its claim a page counts from the oldest record on: so far back BitMart served.
    for name, stream in streams.items():
        check(stream["parts"] or not stream["covered"], name + " covers what none of its parts covers")
        for part in stream["parts"]:
            proof = proofs.get((name, part["part"], "claim"), []) + [("0", part["provedFrom"] or "0")]
            served_from = oldest.get((name, part["part"]), "9")
            proof += [(max(a, served_from), b) for a, b in proofs.get((name, part["part"], "answered"), [])]
            for start, end in part["covered"] + stream["covered"]:
                for proved, until in sorted(proof):
                    start = max(start, until) if proved <= start else start
                check(start >= end, "%s (%s): no page proves what is covered from %s on" % (name, part["part"], start))
            if part["provedFrom"]:
                print("%s: what is covered before %s has no pages." % (name, part["provedFrom"]))
    empty = sum(page["file"] is None for page in pages.values())
    return "%d records, %d pages (%d empty ones without bytes), %d files" % (records, len(pages), empty, len(files))

try:
    verified = verify()
except Exception as error:
    check(False, "the archive can't be read: %r" % error)
for problem in list(problems)[:shown]:
    print(problem, file=sys.stderr)
print("NOT VERIFIED: %d problems." % len(problems) if problems else "Verified: %s." % verified)
sys.exit(1 if problems else 0)
