#!/usr/bin/python3
"""Each row of the catalogue of reasons is used, and which ones no test names.

Fails when a row's REASON_x is referenced nowhere in src outside of the catalogue itself and tests.
Reports (without failing) the rows whose code appears in no unit test and no realm test.
"""
import re
import sys

import tree


def codes():
    return re.findall(r"^REASON\((\w+),", tree.read("src/base/reasons.def"), re.M)


def words(paths, prefix):
    found = set()
    for path in paths:
        found.update(re.findall(prefix, tree.read(path)))
    return found


def pasted(paths):
    """Codes that a macro puts together: REASON_PREFIX_##name, with the names in the same file."""
    found = set()
    for path in paths:
        text = tree.read(path)
        for prefix in re.findall(r"\bREASON_(\w*)##", text):
            found.update(prefix + word for word in re.findall(r"\b[A-Z][A-Z0-9_]*\b", text))
    return found


def main():
    sources = [p for p in tree.tracked("src/*.c", "src/*.h", "src/*.def")
               if not p.endswith(("_test.c", "_test.h", "_fuzz.c", "base/reasons.def"))]
    tests = [p for p in tree.tracked("src/*.c", "src/*.h", "test/*.py", "test/*.sh", "test/*.c")
             if p.startswith("test/") or p.endswith(("_test.c", "_test.h"))]
    used = words(sources, r"\bREASON_([A-Z][A-Z0-9_]*)\b") | pasted(sources)
    tested = words(tests, r"\b(?:REASON_)?([A-Z][A-Z0-9_]+)\b")
    all_codes = codes()
    unused = [c for c in all_codes if c not in used]
    for code in unused:
        print("src/base/reasons.def: %s is used nowhere" % code)
    untested = [c for c in all_codes if c not in tested]
    if untested:
        print("note: %d of %d reasons appear in no test: %s"
              % (len(untested), len(all_codes), " ".join(untested)))
    return 1 if unused else 0


sys.exit(main())
