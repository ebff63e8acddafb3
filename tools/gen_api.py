#!/usr/bin/python3
"""Write the table of docs/API.md from src/awsapi/aws_operations.def; with --check only say whether it is
current. An operation that is not refused has its handler in src/control/aws_call.c."""
import ast
import os
import re
import sys

import tree

OUT = "docs/API.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
WHERE = {"DS": "ds", "USERS": "ds-data", "GROUPS": "ds-data", "MEMBERSHIPS": "ds-data"}


def operations():
    """(service, name, why it is refused or None) of each operation."""
    string = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
    text = tree.read("src/awsapi/aws_operations.def")
    found = re.findall(r"^AWS_OPERATION\((\w+), (\w+), \w+,\s*(NULL|%s)," % string, text, re.M)
    assert len(found) == len(re.findall(r"^AWS_OPERATION\(", text, re.M)), "a row that does not parse"
    return [(WHERE[where], name, None if why == "NULL" else ast.literal_eval("(" + why + ")"))
            for name, where, why in found]


def table():
    handled = set(re.findall(r"\[AWS_OP_(\w+)\]", tree.read("src/control/aws_call.c")))
    out = ["| service | operation | state |\n|---|---|---|\n"]
    for service, name, why in operations():
        assert (name in handled) == (why is None), "%s: either a handler or a sentence" % name
        out.append("| %s | %s | %s |\n" % (service, name, "refused: " + why if why else "done"))
    return "".join(out)


def main():
    text = tree.read(OUT)
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    current = text[:begin] + table() + text[end:]
    if "--check" in sys.argv:
        if current != text:
            print("%s is not current: run tools/gen_api.py" % OUT)
        return int(current != text)
    with open(os.path.join(tree.TOP, OUT), "w", encoding="utf-8") as f:
        f.write(current)
    return 0


sys.exit(main())
