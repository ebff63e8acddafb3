#!/usr/bin/python3
"""Write docs/ERRORS.md from src/base/reasons.def; with --check only say whether it is current."""
import ast
import os
import re
import sys

import tree

OUT = "docs/ERRORS.md"
HEAD = """# Reasons

Every refusal, by whichever protocol, is one row of one catalogue: `src/base/reasons.def`. This page is
generated from it by `tools/gen_errors.py`. *Side* is whose administrator mends it: `local` this
directory, `remote` the trust partner, `network` between them, `client` who asked. *Severity* `attack`
is what does not happen by mistake.
"""


def rows():
    """(group, code, side, severity, cause, remedy, source) of each row."""
    text = tree.read("src/base/reasons.def")
    group, found = "", []
    string = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
    pattern = re.compile(r"/\* --- (.*?) -+ ?\*/|^REASON\(\s*(\w+),\s*(\w+),\s*(\w+),\s*(%s),\s*(%s),\s*(%s)\)"
                         % (string, string, string), re.M)
    for m in pattern.finditer(text):
        if m.group(1):
            group = m.group(1)
        else:
            texts = [ast.literal_eval("(" + m.group(i) + ")") for i in (5, 6, 7)]
            found.append((group, m.group(2), m.group(3).lower(), m.group(4).lower(), *texts))
    assert len(found) == len(re.findall(r"^REASON\(", text, re.M)), "a row that does not parse"
    return found


def page():
    out, last = [HEAD], None
    for group, code, side, severity, cause, remedy, source in rows():
        if group != last:
            out.append("\n## %s\n" % group.capitalize())
            last = group
        out.append("\n### %s\n\n%s\n\n- Side: %s. Severity: %s.\n- Remedy: %s\n- Source: %s\n"
                   % (code, cause, side, severity, remedy, source))
    return "".join(out)


def main():
    path = os.path.join(tree.TOP, OUT)
    text = page()
    if "--check" in sys.argv:
        if not os.path.exists(path) or tree.read(OUT) != text:
            print("%s is not current: run tools/gen_errors.py" % OUT)
            return 1
        return 0
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
