"""Verifies the archive in whose folder it lies: python3 verify.py. Ends with status 0 if everything holds, with 1 if anything does not."""
import hashlib, json, os, sys

root = os.path.dirname(os.path.abspath(__file__))
problems = []
round_counts = (50, 100, 200, 500, 1000)


def check(holds, problem):
    holds or problems.append(problem)


def text(path):
    with open(os.path.join(root, path), "rb") as file:
        return file.read().decode("utf-8-sig", "replace")


def hash_of(path):
    found = hashlib.sha256()
    with open(os.path.join(root, path), "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            found.update(chunk)
    return found.hexdigest()


def documents(path):
    with open(os.path.join(root, path), encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def hole_in(start, end, proof):
    """Where within a range the proof, sorted by its beginnings, leaves a hole; None: nowhere."""
    for proved, until in proof:
        if proved <= start < until:
            start = until
    return start if start < end else None


def verify():
    # 1. Every file is the one that the manifest names, and there is no other.
    check(text("manifest.sha256") == hash_of("manifest.json") + "  manifest.json\n", "manifest.json was changed")
    files = json.loads(text("manifest.json"))["files"]
    for file in files:
        check(hash_of(file["path"]) == file["sha256"], file["path"] + " was changed")
    known = {file["path"] for file in files} | {"manifest.json", "manifest.sha256"}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            check(path in known, path + " is not in the manifest")

    # 2. Every page is its bytes; what it proves lies within what was asked, and it was not full.
    streams = {stream["stream"]: stream for stream in json.loads(text("coverage.json"))["streams"]}
    pages, proofs, oldest, empty = {}, {}, {}, 0
    for page in documents("pages.ndjson"):
        stream, file, rows = streams[page["stream"]], page["file"], []
        if file is None:
            empty += 1
        else:
            check(hash_of(file) == page["sha256"], file + " is not the answer of its page")
            rows = json.loads(text(file))
            for name in stream["rowsAt"]:
                rows = rows[name]
        check(len(rows) == page["rows"], "page %s has %d rows, not %s" % (page["pageId"], len(rows), page["rows"]))
        pages[page["pageId"]] = [file, page["inserted"] + page["changed"]]
        if len(rows) >= stream["cap"] or len(rows) in round_counts:
            continue
        proof = proofs.setdefault((page["stream"], page["part"]), {"claim": [], "answered": []})
        for kind in proof:
            proof[kind] += [(a, b) for a, b in page[kind] if a >= page["askedFrom"] and b <= min(page["askedTo"], page["answeredAt"])]

    # 3. The text of every record stands in its page, and a page brought no more records than it says.
    recent, records = {}, 0

    def check_row(row, name):
        file = pages.get(row["page_id"], [None])[0]
        if file is None:
            return check(False, "%s: page %s, which brought a record, is not there" % (name, row["page_id"]))
        if file not in recent:
            if len(recent) >= 64:
                del recent[next(iter(recent))]
            recent[file] = text(file)
        check(row["raw"] and row["raw"] in recent[file], "%s: a record does not stand in %s" % (name, file))

    def see(part, time):
        if time:
            oldest[part] = min(oldest.get(part, "9"), time)

    for name, stream in streams.items():
        for record in documents("records/%s.ndjson" % name):
            records += 1
            check_row(record, name)
            page = pages.get(record["page_id"], [None, 1])
            page[1] -= 1
            check(page[1] >= 0, "%s: a record of page %s stands twice" % (name, record["page_id"]))
            see((name, record.get("part", "all")), record[stream["timeColumn"]])
    for row in documents("earlier-versions.ndjson"):
        check_row(row, "an earlier version")
    for row in documents("quarantined-rows.ndjson"):
        check_row(row, "a quarantined row")
        see((row["stream"], row["part"]), row["row_at"])

    # 4. What is covered, pages prove. Beyond its claim a page counts from the oldest record on: so far BitMart served.
    for name, stream in streams.items():
        check(stream["parts"] or not stream["covered"], name + " covers what none of its parts covers")
        for part in stream["parts"]:
            proof, shown_from = proofs.get((name, part["part"]), {"claim": [], "answered": []}), oldest.get((name, part["part"]), "9")
            proved = proof["claim"] + [(max(a, shown_from), b) for a, b in proof["answered"]]
            if part["provedFrom"]:
                print("%s: what is covered before %s has no pages." % (name, part["provedFrom"]))
                proved.append(("0", part["provedFrom"]))
            for start, end in part["covered"] + stream["covered"]:
                hole = hole_in(start, end, sorted(proved))
                check(hole is None, "%s (%s): no page proves what is covered from %s on" % (name, part["part"], hole))
    return "%d records, %d pages (%d empty ones without bytes), %d files" % (records, len(pages), empty, len(files))


try:
    verified = verify()
except Exception as error:
    check(False, "the archive can't be read: %r" % error)
for problem in problems[:20]:
    print(problem, file=sys.stderr)
print("NOT VERIFIED: %d problems." % len(problems) if problems else "Verified: %s." % verified)
sys.exit(1 if problems else 0)
