#!/usr/bin/python3
"""usage: tools/request_cost.py [--record]

Counts the instructions of one request of each kind (test/bench/request_cost under callgrind) and compares
them with test/bench/instructions.txt: fails when one grew by more than a tenth, and says when one
shrank by as much, so that the recorded number is lowered. --record writes what was measured. The clock
is not looked at, so the numbers are the same on a busy machine; a compiler or a library of another
version changes them a little."""
import glob
import os
import re
import subprocess
import sys
import tempfile

import tree

RECORDED = os.path.join(tree.TOP, "test", "bench", "instructions.txt")
PROGRAM = os.path.join(tree.TOP, "build", "test", "bench", "request_cost")
KINDS = ["refused", "as", "tgs", "other", "referred", "base", "equality"]
LOOPS = ["answer_all", "search_all"]
COUNT, USERS = 192, 24
TOLERANCE = 0.1


def measure():
    """Callgrind writes one file after each of the loops, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "cost")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
             *(f"--{option}={loop}" for loop in LOOPS for option in ("toggle-collect", "dump-after")),
             PROGRAM, ",".join(KINDS), str(COUNT), str(USERS)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        files = sorted(glob.glob(out + ".[0-9]*"), key=lambda f: int(f.rsplit(".", 1)[1]))
        if done.returncode or len(files) != len(KINDS):
            sys.exit(f"request_cost: {len(files)} of {len(KINDS)} loops were counted\n{done.stdout[-2000:]}")
        counts = {}
        for kind, path in zip(KINDS, files):
            with open(path, encoding="ascii", errors="replace") as f:
                total = int(re.search(r"^totals: (\d+)$", f.read(), re.M).group(1))
            counts[kind] = total // COUNT
        return counts


def recorded():
    with open(RECORDED, encoding="ascii") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return {kind: int(count) for kind, count in rows}


def record(counts):
    with open(RECORDED, encoding="ascii") as f:
        head = [line for line in f if line.startswith("#")]
    with open(RECORDED, "w", encoding="ascii") as f:
        f.writelines(head + [f"{kind:<10}{counts[kind]:>8}\n" for kind in KINDS])


def main():
    subprocess.run(["ninja", "-C", os.path.join(tree.TOP, "build"), "test/bench/request_cost"], check=True,
                   stdout=subprocess.DEVNULL)
    now, before, worse = measure(), recorded(), 0
    if "--record" in sys.argv[1:]:
        record(now)
    for kind in KINDS:
        change = now[kind] / before[kind] - 1 if kind in before else 0.0
        word = ("SLOWER than may be" if change > TOLERANCE else
                "faster: lower the number with --record" if change < -TOLERANCE else "")
        worse += change > TOLERANCE or kind not in before
        print(f"{kind:<10}{now[kind]:>9,} instructions, recorded {before.get(kind, 0):>9,} {change:+6.1%} {word}")
    return 1 if worse and "--record" not in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
