#!/usr/bin/python3
"""The steps of ./check, in the order of how soon they tell. See ./check --help."""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import realm_tests
import tree

LOGS = os.path.join(tree.TOP, "build", "check")
PYTHON = "/usr/bin/python3"
CPUS = os.cpu_count() or 1
FUZZ_SECONDS = 100  # of the whole smoke
FUZZ_EACH = 300  # of a target, with --all
ALL_ONLY = ["powercut", "mutate"]
STEPS = ["scans", "unit", "cost", "sanitize", "powercut", "fuzz", "realm", "mutate"]


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.faults = []

    def good(self, n=1):
        self.passed += n

    def bad(self, what, n=1, log=None):
        self.failed += n
        self.faults.append(what + (" (%s)" % os.path.relpath(log, tree.TOP) if log else ""))
        print("FAILED: %s" % what, flush=True)

    def skip(self, what, n=1):
        self.skipped += n
        print("skipped: %s" % what, flush=True)


def run(args, log, env=None, timeout=None):
    """Runs a command with its output in a log; its exit status, 124 after the timeout."""
    path = os.path.join(LOGS, log)
    with open(path, "wb") as out:
        try:
            done = subprocess.run(args, cwd=tree.TOP, stdout=out, stderr=subprocess.STDOUT,
                                  env=dict(os.environ, **(env or {})), timeout=timeout)
            return done.returncode, path
        except subprocess.TimeoutExpired:
            return 124, path


def tail(path, lines=25):
    with open(path, encoding="utf-8", errors="replace") as f:
        print("".join(f.readlines()[-lines:]), flush=True)


# --- scans -------------------------------------------------------------------------------------------

def scans(tally, args):
    for name in ["scan_floors", "scan_sizes", "scan_reasons", "scan_text", "scan_text --format",
                 "gen_errors --check", "gen_api --check"]:
        script, *options = name.split()
        code, log = run([PYTHON, "tools/%s.py" % script, *options],
                        name.replace(" --", "_") + ".log")
        with open(log, encoding="utf-8", errors="replace") as f:
            text = f.read().rstrip()
        if text:
            print(text, flush=True)
        if code:
            tally.bad(name, log=log)
        else:
            tally.good()


# --- builds and unit tests ---------------------------------------------------------------------------

def build(tally, where, options, env=None):
    name = "the build in %s" % where
    if not os.path.exists(os.path.join(tree.TOP, where, "build.ninja")):
        code, log = run(["meson", "setup", where, *options], where + "_setup.log", env)
        if code:
            tally.bad(name, log=log)
            tail(log)
            return False
    code, log = run(["ninja", "-C", where], where + ".log")
    if code:
        tally.bad(name, log=log)
        tail(log, 40)
        return False
    tally.good()
    return True


def count_cmocka(tally, test):
    """One line of meson's testlog.json: each case of the program counts."""
    text = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
    passed = re.findall(r"\[  PASSED  \] (\d+) test", text)
    failed = re.findall(r"^\[  FAILED  \] (\d+) test", text, re.M)
    skipped = re.findall(r"\[  SKIPPED \] (\d+) test", text)
    tally.good(sum(map(int, passed)))
    if skipped:
        tally.skip(test["name"], sum(map(int, skipped)))
    if test["result"] == "SKIP":
        tally.skip(test["name"])
    elif test["result"] not in ("OK", "EXPECTEDFAIL"):
        tally.bad("%s: %s" % (test["name"], test["result"]), max(1, sum(map(int, failed))))
        print(text[-3000:], flush=True)
    elif not passed:
        tally.good()  # not a cmocka program


def unit_tests(tally, where, slow):
    env = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1",
           "LSAN_OPTIONS": "suppressions=%s/tools/leaks.txt:print_suppressions=0" % tree.TOP}
    _, log = run(["meson", "test", "-C", where, "--no-rebuild", "-q", "-t", str(slow)],
                 where + "_test.log", env)
    path = os.path.join(tree.TOP, where, "meson-logs", "testlog.json")
    if not os.path.exists(path):
        tally.bad("meson test in %s" % where, log=log)
        tail(log)
        return
    with open(path, encoding="utf-8") as f:
        for line in f:
            count_cmocka(tally, json.loads(line))


def unit(tally, args):
    if build(tally, "build", []):
        unit_tests(tally, "build", 1)


def cost(tally, args):
    """Instructions of a request, which no other work on the machine changes."""
    if not shutil.which("valgrind"):
        tally.skip("cost of requests: valgrind is not installed")
        return
    if not build(tally, "build", []):
        return
    code, log = run([PYTHON, "tools/request_cost.py"], "cost.log")
    tail(log)
    with open(log, encoding="utf-8", errors="replace") as f:
        good = sum(" instructions" in line and "SLOWER" not in line for line in f)
    tally.good(good)
    if code:
        tally.bad("cost of requests", log=log)


def powercut(tally, args):
    """The unit test of the same name, with as many commits as a night of work."""
    if build(tally, "build", []):
        code, log = run([os.path.join("build", "src", "directory_powercut_test")], "powercut.log",
                        {"ENTENTE_POWERCUT": "200"})
        tally.good() if code == 0 else tally.bad("powercut, 200 commits", log=log)


def sanitize(tally, args):
    # gcc warns of what its own instrumentation has made unclear; the build before has all warnings.
    options = ["-Db_sanitize=address,undefined", "-Doptimization=1", "-Dwerror=false"]
    if build(tally, "build-asan", options):
        unit_tests(tally, "build-asan", 4)


# --- fuzzing -----------------------------------------------------------------------------------------

def fuzz_one(folder, target, limits):
    name = folder.replace("/", "_") + "_" + target
    program = os.path.join(tree.TOP, "build-fuzz", "src", name + "_fuzz")
    seeds = os.path.join(tree.TOP, "src", folder, "corpus", target)
    if not os.path.isdir(seeds) or not os.listdir(seeds):
        return name, 1, None, "no seeds in src/%s/corpus/%s" % (folder, target)
    with tempfile.TemporaryDirectory() as found:
        code, log = run([program, *limits, "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1",
                         "-artifact_prefix=%s/%s-" % (LOGS, name), found, seeds],
                        "fuzz_%s.log" % name, timeout=4 * 3600)
    return name, code, log, ""


def fuzz(tally, args):
    if not shutil.which("clang"):
        tally.skip("fuzzing: clang is not installed")
        return
    options = ["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1"]
    if not build(tally, "build-fuzz", options, {"CC": "clang"}):
        return
    targets = [(f, t) for f in tree.folders() for t in tree.names(f, "fuzz_targets")]
    seconds = min(10, max(2, FUZZ_SECONDS * CPUS // max(1, len(targets))))
    # Most targets do a million in half a minute; those with a forest behind them get as far as they come.
    limits = ["-runs=1000000", "-max_total_time=%d" % FUZZ_EACH] if args.all else ["-max_total_time=%d" % seconds]
    print("%d targets, %s each" % (len(targets), " ".join(limits)), flush=True)
    with concurrent.futures.ThreadPoolExecutor(CPUS) as pool:
        jobs = [pool.submit(fuzz_one, f, t, limits) for f, t in targets]
        for job in concurrent.futures.as_completed(jobs):
            name, code, log, why = job.result()
            if code:
                tally.bad("fuzz %s %s" % (name, why), log=log)
                if log:
                    tail(log, 30)
            else:
                tally.good()


# --- whole systems -----------------------------------------------------------------------------------

def realm(tally, args):
    if os.geteuid() != 0:
        tally.skip("realm tests: they need root, for ports below 1024 and network namespaces")
        return
    if not build(tally, "build", []):
        return
    for done in realm_tests.run(os.path.join(LOGS, "realm"), args.all):
        for name, what, message in done.cases:
            if what == "failed":
                tally.bad(name, log=done.log)
            elif what == "skipped":
                tally.skip("%s: %s" % (name, message))
            else:
                tally.good()
        if done.fault:
            tally.bad(done.fault, log=done.log)
        if done.fault or any(what == "failed" for _, what, _ in done.cases):
            tail(done.log, 60)


def mutate(tally, args):
    code, log = run([PYTHON, "tools/mutate_tables.py"], "mutate.log")
    tail(log)
    with open(log, encoding="utf-8", errors="replace") as f:
        m = re.search(r"^(\d+) mutants noticed, (\d+) survived$", f.read(), re.M)
    if not m:
        tally.bad("mutation of the tables", log=log)
        return
    tally.good(int(m.group(1)))
    if code:
        tally.bad("%s mutants of the tables survived" % m.group(2), int(m.group(2)), log)


def main():
    parser = argparse.ArgumentParser(prog="./check", description="Install, build, test. The last line "
                                     "is the sum of all. Logs are in build/check.")
    parser.add_argument("--all", action="store_true", help="also a million cases, or five minutes, for each fuzz target, "
                        "mutation of the tables, and the long realm tests")
    parser.add_argument("--only", metavar="STEPS", help="comma-separated: " + ", ".join(STEPS))
    args = parser.parse_args()
    steps = args.only.split(",") if args.only else [s for s in STEPS if args.all or s not in ALL_ONLY]
    if set(steps) - set(STEPS):
        parser.error("unknown step")
    os.makedirs(LOGS, exist_ok=True)
    tally, started = Tally(), time.time()
    for step in steps:
        began = time.time()
        print("== %s" % step, flush=True)
        globals()[step](tally, args)
        print("   %.0f s" % (time.time() - began), flush=True)
    if tally.faults:
        print("\nfailed:")
        for fault in tally.faults:
            print("  " + fault)
    print("%.1f minutes" % ((time.time() - started) / 60))
    skipped = ", %d skipped" % tally.skipped if tally.skipped else ""
    print("%d passed, %d failed%s" % (tally.passed, tally.failed, skipped))
    return 1 if tally.failed else 0


sys.exit(main())
