#!/usr/bin/python3
"""What must not be in tracked files: work left open, binary files, paths of one machine; and the layout
that clang-format gives (--format)."""
import os
import re
import shutil
import subprocess
import sys

import tree

OPEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE = re.compile(r"(?<![\w.$}])/(?:work|home|root)/")
BINARY = (".o", ".a", ".so", ".pcap", ".bin", ".png", ".pyc", ".mdb")


def check_words():
    faults = []
    for path in tree.tracked():
        if path == "LICENSE" or "/corpus/" in path or "/golden/" in path:
            continue
        if path.endswith(BINARY):
            faults.append("%s: a built or binary file" % path)
            continue
        for n, line in enumerate(tree.read(path).splitlines(), 1):
            if OPEN.search(line):
                faults.append("%s:%d: left open: %s" % (path, n, line.strip()))
            if MACHINE.search(line):
                faults.append("%s:%d: a path of one machine: %s" % (path, n, line.strip()))
    return faults


def check_format():
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        return ["clang-format is not installed"]
    files = tree.tracked("src/*.c", "src/*.h", "test/*.c", "test/*.h")
    faults = []
    for i in range(0, len(files), 200):
        done = subprocess.run([tool, "--dry-run", "-Werror", *files[i:i + 200]], cwd=tree.TOP,
                              stderr=subprocess.PIPE, text=True)
        faults += sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.M)))
    return ["%s: not as clang-format has it" % os.path.relpath(os.path.join(tree.TOP, f), tree.TOP)
            for f in faults]


def main():
    faults = check_format() if "--format" in sys.argv else check_words()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
