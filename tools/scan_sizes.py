#!/usr/bin/python3
"""Sizes of files and functions.

A .c file over 1000 lines fails, over 600 is named; a function over 100 lines fails, unless
tools/long_functions.txt names it (FILE:FUNCTION and why, one a line). Relies on the layout that
clang-format gives: the braces of a function's body are alone at the start of a line.
"""
import re
import sys

import tree

FILE_FAILS, FILE_WARNS, FUNCTION_FAILS = 1000, 600, 100


def functions(lines):
    """(name, lines of the body) of each function."""
    start = None
    for n, line in enumerate(lines):
        if line == "{":
            start = n
        elif line == "}" and start is not None:
            head = ""
            for back in range(start - 1, max(start - 12, -1), -1):
                head = lines[back] + " " + head
                if re.match(r"[A-Za-z_]", lines[back]) and "(" in lines[back]:
                    break
            m = re.search(r"([A-Za-z_][A-Za-z0-9_]*)\(", head)
            yield (m.group(1) if m else "?"), n - start - 1
            start = None


def main():
    allowed = {line.split()[0] for line in tree.read("tools/long_functions.txt").splitlines()
               if line.strip() and not line.startswith("#")}
    failed, used = False, set()
    for path in tree.tracked("src/*.c"):
        lines = tree.read(path).splitlines()
        if len(lines) > FILE_FAILS:
            print("%s: %d lines, at most %d" % (path, len(lines), FILE_FAILS))
            failed = True
        elif len(lines) > FILE_WARNS and not path.endswith("_test.c"):
            print("%s: %d lines: does it do more than one thing?" % (path, len(lines)))
        for name, length in functions(lines):
            key = "%s:%s" % (path, name)
            if length > FUNCTION_FAILS and key in allowed:
                used.add(key)
            elif length > FUNCTION_FAILS:
                print("%s: %d lines, at most %d" % (key, length, FUNCTION_FAILS))
                failed = True
    for key in sorted(allowed - used):
        print("tools/long_functions.txt: %s is not long any more" % key)
        failed = True
    return 1 if failed else 0


sys.exit(main())
