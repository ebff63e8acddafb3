#!/usr/bin/python3
"""Each row of the catalogue of reasons is used, and a test expects it.

A row is used when its REASON_x stands in src outside of the catalogue itself and tests. A test expects it
when its code stands in the code of a test, not in a comment or a docstring: what a test names there it
compares with, or it would not be there. That the comparison can fail is for who reads the test to see.
"""
import io
import re
import sys
import tokenize

import tree

C_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|(\"(?:\\.|[^\"\\])*\")", re.S)
CODE = re.compile(r"\b(?:REASON_)?([A-Z][A-Z0-9_]+)\b")


def codes():
    return re.findall(r"^REASON\((\w+),", tree.read("src/base/reasons.def"), re.M)


def words(paths, pattern):
    found = set()
    for path in paths:
        found.update(re.findall(pattern, tree.read(path)))
    return found


def pasted(paths):
    """Codes that a macro puts together: REASON_PREFIX_##name, with the names in the same file."""
    found = set()
    for path in paths:
        text = tree.read(path)
        for prefix in re.findall(r"\bREASON_(\w*)##", text):
            found.update(prefix + word for word in re.findall(r"\b[A-Z][A-Z0-9_]*\b", text))
    return found


def python_code(text):
    """Names and texts, without comments and without strings that are statements."""
    kept, begins = [], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            begins = True
        elif token.type not in (tokenize.NL, tokenize.COMMENT):
            if token.type == tokenize.NAME or (token.type == tokenize.STRING and not begins):
                kept.append(token.string)
            begins = False
    return " ".join(kept)


def test_code(path):
    text = tree.read(path)
    if path.endswith(".py"):
        return python_code(text)
    if path.endswith(".sh"):
        return re.sub(r"(?m)(^|\s)#.*$", "", text)
    return C_COMMENT.sub(lambda m: m.group(1) or " ", text)


def main():
    sources = [p for p in tree.tracked("src/*.c", "src/*.h", "src/*.def")
               if not p.endswith(("_test.c", "_test.h", "_fuzz.c", "base/reasons.def"))]
    tests = [p for p in tree.tracked("src/*.c", "src/*.h", "test/*.py", "test/*.sh", "test/*.c")
             if p.startswith("test/") or p.endswith(("_test.c", "_test.h"))]
    used = words(sources, r"\bREASON_([A-Z][A-Z0-9_]*)\b") | pasted(sources)
    expected = set().union(*(CODE.findall(test_code(p)) for p in tests))
    faults = ["%s is used nowhere" % c for c in codes() if c not in used]
    faults += ["no test expects %s" % c for c in codes() if c not in expected]
    for fault in faults:
        print("src/base/reasons.def: " + fault)
    return 1 if faults else 0


sys.exit(main())
