#!/usr/bin/python3
"""Mutation of the tables of policy: does a test notice when a row is wrong?

    tools/mutate_tables.py [--cells] [--list] [NAME...]

A table is marked in its C source, one row a line:

    /* table: NAME -- what its columns are */
    const struct row rows[] = {
        {1, 5, true, {"S-1-1-0", DROP}},
        [KIND] = {KEEP, DROP, DROP},      or: [KIND] = false,
        {0, 0, false, {"anything", KEEP}}, /* equivalent: the code's default says the same */
    };
    /* end table */

For each row, in a copy of the tree under build/mutate: the row is taken out, and its verdict (the last
cell that is no string) is replaced by another one of its column. A row with a designator is not taken
out, since zeros would stand in for it; instead each of its cells is replaced. --cells replaces each cell
of all rows. The unit tests of the source's folder are rebuilt and run; a mutant that they all pass, or
that makes no difference to the compiler, has survived, and the script fails. A row whose mutants cannot
be told apart from it says so (equivalent: why), and is left alone.

Rows of src/base/reasons.def get another side; docs/ERRORS.md, which is generated from the catalogue and
read by people, has to notice.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

import tree

WORK = os.path.join(tree.TOP, "build", "mutate")
BEGIN = re.compile(r"^\s*/\* table: (\w+)")
END = re.compile(r"^\s*/\* end table \*/")
ROW = re.compile(r"^\s*(?:(?:\[[^\]]+\]\s*=\s*)?\{.*\}|\[[^\]]+\]\s*=\s*[^{},]+),?\s*(?:/\*.*\*/)?\s*$")
LEAF = re.compile(r'"(?:[^"\\]|\\.)*"|[^{},"]+')
SIDES = ["LOCAL", "REMOTE", "NETWORK", "CLIENT"]


class Row:
    def __init__(self, number, line):
        self.number, self.line = number, line
        self.designated = bool(re.match(r"\s*\[", line))
        start = line.index("=") + 1 if self.designated else line.index("{")
        end = line.rindex("}") if "}" in line else (line + ",").index(",")
        self.leaves = [m for m in LEAF.finditer(line, start, end) if m.group().strip()]
        self.skipped = "/* equivalent:" in line

    def texts(self):
        return [m.group().strip() for m in self.leaves]

    def with_leaf(self, i, text):
        m = self.leaves[i]
        lead = m.group()[:len(m.group()) - len(m.group().lstrip())]
        return self.line[:m.start()] + lead + text + self.line[m.end():]


def tables(path):
    """(name, rows) of each marked table of a source."""
    found, name, rows, fresh = [], None, [], False
    for n, line in enumerate(tree.read(path).splitlines()):
        m = BEGIN.match(line)
        if m:
            name, rows, fresh = m.group(1), [], "*/" not in line
        elif name and END.match(line):
            found.append((name, rows))
            name = None
        elif name and fresh:
            fresh = "*/" not in line  # the rest of the marker's own comment
        elif name and ROW.match(line):
            rows.append(Row(n, line))
    if name:
        sys.exit("%s: table %s has no end" % (path, name))
    return found


def other_value(rows, row, i):
    """A value of the same column that is not this row's."""
    mine = row.texts()[i]
    if mine in ("true", "false"):
        return "false" if mine == "true" else "true"
    for other in rows:
        texts = other.texts()
        if len(texts) == len(row.leaves) and texts[i] != mine:
            return texts[i]
    return None


def mutants(rows, cells):
    """(row, what, new line or None) for each mutant."""
    for row in rows:
        if row.skipped:
            continue
        wanted = [i for i, text in enumerate(row.texts()) if not text.startswith('"')]
        if not row.designated:
            yield row, "taken out", None
            if not cells:
                wanted = wanted[-1:]
        for i in wanted:
            value = other_value(rows, row, i)
            if value is not None:
                yield row, "cell %d: %s" % (i + 1, value), row.with_leaf(i, value)


class Copy:
    """A copy of the tree with a build of its own."""

    def __init__(self):
        self.top = os.path.join(WORK, "tree")
        self.build = os.path.join(WORK, "build")
        shutil.rmtree(self.top, ignore_errors=True)
        for path in tree.tracked():
            to = os.path.join(self.top, path)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy2(os.path.join(tree.TOP, path), to, follow_symlinks=False)
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            subprocess.run(["meson", "setup", self.build, self.top], check=True,
                           stdout=subprocess.DEVNULL)

    def write(self, path, text):
        with open(os.path.join(self.top, path), "w", encoding="utf-8") as f:
            f.write(text)

    def noticed(self, folder, tests):
        """What noticed: a test's name, "the compiler", or None. The test that noticed goes to the front,
        as it is likely to notice the next one too."""
        name = folder.replace("/", "_")
        targets = ["src/%s_%s_test" % (name, t) for t in tests]
        made = subprocess.run(["ninja", "-C", self.build, *targets], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if made.returncode:
            return "the compiler"
        env = dict(os.environ, ENTENTE_SOURCE=os.path.join(self.top, "src", folder))
        for t, target in list(zip(tests, targets)):
            try:
                code = subprocess.run([os.path.join(self.build, target)], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, env=env, timeout=120).returncode
            except subprocess.TimeoutExpired:
                code = 1
            if code:
                tests.remove(t)
                tests.insert(0, t)
                return t
        return None


def mutate_source(copy, path, wanted, cells, survivors):
    folder = os.path.dirname(path)[len("src/"):]
    tests = tree.names(folder, "unit_tests")
    original = tree.read(path)
    count = 0
    for name, rows in tables(path):
        if wanted and name not in wanted:
            continue
        started, before = time.time(), len(survivors)
        done = 0
        for row, what, line in mutants(rows, cells):
            lines = original.split("\n")
            if line is None:
                del lines[row.number]
            else:
                lines[row.number] = line
            copy.write(path, "\n".join(lines))
            done += 1
            if copy.noticed(folder, tests) is None:
                survivors.append("%s:%d: %s: %s\n    %s" % (path, row.number + 1, name, what,
                                                           row.line.strip()))
        copy.write(path, original)
        count += done
        print("%s: %d rows, %d mutants, %d survived, %.0f s" % (name, len(rows), done,
              len(survivors) - before, time.time() - started), flush=True)
    return count


def mutate_reasons(copy, survivors):
    path = "src/base/reasons.def"
    original = tree.read(path)
    check = ["/usr/bin/python3", os.path.join(copy.top, "tools/gen_errors.py"), "--check"]
    if not shutil.which("git") or subprocess.run(check, stdout=subprocess.DEVNULL).returncode:
        sys.exit("docs/ERRORS.md is not current: run tools/gen_errors.py")
    count = 0
    for m in re.finditer(r"^REASON\((\w+),\s*(\w+)", original, re.M):
        side = SIDES[(SIDES.index(m.group(2)) + 1) % len(SIDES)]
        copy.write(path, original[:m.start(2)] + side + original[m.end(2):])
        count += 1
        if subprocess.run(check, stdout=subprocess.DEVNULL).returncode == 0:
            survivors.append("%s: %s: side %s" % (path, m.group(1), side))
    copy.write(path, original)
    print("reasons: %d mutants" % count, flush=True)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", action="store_true", help="replace each cell of all rows")
    parser.add_argument("--list", action="store_true", help="only list the tables")
    parser.add_argument("name", nargs="*", help="a table; default: all, and reasons")
    args = parser.parse_args()
    paths = [p for p in tree.tracked("src/*.c") if "/* table: " in tree.read(p)]
    if args.list:
        for path in paths:
            for name, rows in tables(path):
                print("%-24s %3d rows  %s" % (name, len(rows), path))
        return 0
    if args.name:
        paths = [p for p in paths if any(name in args.name for name, _ in tables(p))]
    copy, survivors, count = Copy(), [], 0
    for path in paths:
        folder = os.path.dirname(path)[len("src/"):]
        tests = tree.names(folder, "unit_tests")
        found = copy.noticed(folder, tests)
        if found:
            sys.exit("%s: %s fails without any mutation" % (folder, found))
        count += mutate_source(copy, path, args.name, args.cells, survivors)
    if not args.name or "reasons" in args.name:
        count += mutate_reasons(copy, survivors)
    for survivor in survivors:
        print("survived: " + survivor)
    print("%d mutants noticed, %d survived" % (count - len(survivors), len(survivors)))
    return 1 if survivors else 0


sys.exit(main())
