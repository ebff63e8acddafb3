"""What all measurements share: processes, the CPU time they used, rows and the table. A row is what one
function of bench_*.py returns:

    work    what was done, in words                  ours, peer  figures of each round
    name    the peer                                 unit        rate (default: for each CPU second of the
    goal    what the ratio should reach at least                 server), or another word for the column
    less    True: less is better, and the ratio is peer / ours  bytes  (ours, peer): of a reply

A row that can have no peer has "limit" instead of "peer", what the figure should not exceed, or "least".
What cannot be measured raises; run() then says so in the row's place and goes on."""
import glob
import json
import os
import statistics
import subprocess
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build-release")  # what README.md says to install
KEPT = os.path.join(TOP, "build", "bench")
AWS, CORP = "aws.example.com", "corp.example.com"
SERVER_CPU, LOAD_CPU = "0", "1"


class Failure(Exception):
    """What could not be measured, and why, in a sentence."""


def run(*words, **more):
    done = subprocess.run(words, check=False, text=True,
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})
    if done.returncode:
        said = (done.stderr or done.stdout or "").strip().splitlines()
        name = os.path.basename(words[3] if words[0] == "taskset" else words[0])
        raise Failure(f"{name}: {' '.join(said[-3:]) or 'ended with'} ({done.returncode})")
    return done.stdout


def start(*words, cpu=SERVER_CPU, log=None, **more):
    """A server, on its core."""
    with open(log or os.devnull, "ab") as out:
        return subprocess.Popen(["taskset", "-c", cpu, *words], stdout=out, stderr=out, **more)


def end(process, seconds=15):
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(what, ready, seconds=20):
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise Failure(f"{what} did not come up")
        time.sleep(0.02)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def tree(pid):
    """The process and all below it."""
    found, i = [pid], 0
    while i < len(found):
        for path in glob.glob(f"/proc/{found[i]}/task/*/children"):
            with open(path, encoding="ascii") as f:
                found += [int(p) for p in f.read().split()]
        i += 1
    return found


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def in_turn(rounds, *measures):
    """Each measure once a round, one after the other, so that the machine's moods hit all alike."""
    results = [[] for _ in measures]
    for _ in range(rounds):
        for measure, into in zip(measures, results):
            into.append(measure())
    return results


# --- the table ---------------------------------------------------------------------------------------

COLUMNS = "| {:<46} | {:>9} | {:>9} | {:<12} | {:>6} | {:>8} | {:>14} | {:>5} |"


def number(x):
    return f"{x:,.0f}" if x >= 1000 else f"{x:.3g}"


def spread(values):
    return (max(values) - min(values)) / statistics.median(values) if statistics.median(values) else 0.0


def ratio(row):
    us, them = statistics.median(row["ours"]), statistics.median(row["peer"])
    return them / us if row.get("less") else us / them


def cells(row):
    us = statistics.median(row["ours"])
    what = row["work"] + (f", {row['unit']}" if row.get("unit") else "")
    if "peer" not in row:
        goal = next((f"{sign} {number(row[key])}" for key, sign in (("limit", "<="), ("least", ">=")) if key in row), "")
        return what, number(us), "", "", "", goal, "", f"{spread(row['ours']):.0%}"
    size = "{:.0f} / {:.0f}".format(*row["bytes"]) if row.get("bytes") else ""
    noise = max(spread(row["ours"]), spread(row["peer"]))
    return (what, number(us), number(statistics.median(row["peer"])), row["name"], f"{ratio(row):.2f}",
            f"{row['goal']:g}" if row.get("goal") else "", size, f"{noise:.0%}")


class Table:
    """Rows are printed as they come; all of them are kept in build/bench/results.json."""

    def __init__(self):
        self.rows, self.failed = [], []
        write(os.path.join(KEPT, "failures.log"), "")

    def head(self):
        print("\n" + COLUMNS.format("per server CPU second, unless said", "Entente", "peer", "", "ratio", "goal",
                                    "reply, bytes", "noise"))
        print(COLUMNS.format(*("-" * n for n in (46, 9, 9, 12, 6, 8, 14, 5))), flush=True)

    def measure(self, key, function, bench):
        """The rows of one function; a failure costs only them."""
        try:
            rows = function(bench)
            for row in rows if isinstance(rows, list) else [rows]:
                print(COLUMNS.format(*cells(row)), flush=True)
                self.rows.append(dict(row, key=key))
        except Exception as e:  # pylint: disable=broad-except; the other rows must not suffer
            self.failed.append(key)
            with open(os.path.join(KEPT, "failures.log"), "a", encoding="utf-8") as f:
                f.write(f"--- {key}\n{traceback.format_exc()}\n")
            print(f"| {key}: not measured: {str(e) or type(e).__name__}", flush=True)

    def keep(self):
        write(os.path.join(KEPT, "results.json"), json.dumps(self.rows, indent=1) + "\n")
