#!/usr/bin/python3
"""The tests of whole systems, side by side: one pytest for each file, several at a time, because they mostly wait.

Each pytest has a network of its own, so that all may take the same ports of 127/8, and a /run/netns of its own for the
namespaces that its tests make. A file meets nothing that another one left, so no order is hidden between them. By hand: tools/realm_tests.py --help."""
import argparse
import concurrent.futures
import glob
import os
import random
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import tree

PYTHON = "/usr/bin/python3"
FOLDERS = ["test/realm", "test/attack", "test/durability"]
AT_A_TIME = 2 * (os.cpu_count() or 1)
# What takes longest begins first, lest it runs alone at the end. The others follow by name.
FIRST = ["test_trust_life", "test_samba_verify", "test_aws_directories", "test_smbtorture", "test_samba_tool_trust",
         "test_samba_rotate", "test_samba_trust", "test_bad_input", "test_kill", "dns_test", "test_dcs"]
LIMIT, LIMIT_LONG = 900, 3 * 3600  # seconds of one file, after which it hangs
ISOLATED = "ip link set lo up && mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec \"$@\""


def name_of(path):
    return os.path.basename(path)[:-len(".py")]


def files():
    found = [p for d in FOLDERS for pattern in ("test_*.py", "*_test.py")
             for p in glob.glob(os.path.join(tree.TOP, d, pattern))]
    rank = {name: i for i, name in enumerate(FIRST)}
    return sorted(found, key=lambda p: (rank.get(name_of(p), len(FIRST)), name_of(p)))


class File:
    """One file's run. cases: (name, None or "failed" or "skipped", message); fault: why there are none."""

    def __init__(self, path, folder):
        self.path, self.name = path, name_of(path)
        self.log = os.path.join(folder, self.name + ".log")
        self.report = os.path.join(folder, self.name + ".xml")
        self.cases, self.fault, self.seconds = [], None, 0

    def run(self, env, options, limit):
        began = time.monotonic()
        command = ["unshare", "--net", "--mount", "sh", "-c", ISOLATED, "sh", PYTHON, "-m", "pytest", "-q", "-p",
                   "no:cacheprovider", "--rootdir", tree.TOP, "--junitxml", self.report, *options, self.path]
        with open(self.log, "wb") as out:
            process = subprocess.Popen(command, cwd=tree.TOP, env=env, stdout=out, stderr=subprocess.STDOUT)
            status = self.wait(process, limit)
        self.seconds = time.monotonic() - began
        # 5: no test of this file is wanted, because all are long; but where all are wanted, some have to be there.
        self.read(status, (0, 5) if options else (0,))
        return self

    def wait(self, process, limit):
        """An interrupted pytest still ends what its fixtures began, and reports."""
        for patience, end in ((limit, signal.SIGINT), (60, signal.SIGKILL), (None, None)):
            try:
                return process.wait(patience)
            except subprocess.TimeoutExpired:
                self.fault = "%s: not at its end after %d s" % (self.name, limit)
                process.send_signal(end)

    def read(self, status, good):
        if os.path.exists(self.report):
            for case in ET.parse(self.report).iter("testcase"):
                self.cases.append(outcome(case))
        failed = any(what == "failed" for _, what, _ in self.cases)
        if status not in good and not failed and not self.fault:
            self.fault = "%s: pytest ended with %d" % (self.name, status)


def outcome(case):
    name = "%s.%s" % (case.get("classname"), case.get("name"))
    if case.find("failure") is not None or case.find("error") is not None:
        return name, "failed", ""
    if case.find("skipped") is not None:
        return name, "skipped", case.find("skipped").get("message")
    return name, None, ""


def run(folder, long_too, at_a_time=AT_A_TIME, wanted=None):
    """Yields each File as it ends. folder: where logs and reports go; wanted: some of files()."""
    os.makedirs(folder, exist_ok=True)
    for old in glob.glob(os.path.join(folder, "*.xml")):
        os.unlink(old)
    seed = os.environ.get("ENTENTE_SEED") or str(random.SystemRandom().randrange(1 << 32))
    env = dict(os.environ, ENTENTE_SEED=seed, ENTENTE_BUILT="1",
               ENTENTE_BUILD=os.environ.get("ENTENTE_BUILD") or os.path.join(tree.TOP, "build"))
    options = [] if long_too else ["-m", "not long"]
    limit = LIMIT_LONG if long_too else LIMIT
    todo = files() if wanted is None else wanted
    print("%d files, %d at a time, ENTENTE_SEED=%s" % (len(todo), at_a_time, seed), flush=True)
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        jobs = [pool.submit(File(p, folder).run, env, options, limit) for p in todo]
        for job in concurrent.futures.as_completed(jobs):
            yield job.result()


def main():
    parser = argparse.ArgumentParser(description="Runs files of realm tests side by side with the programs of build, "
                                     "which must be built; logs are in build/check/realm.")
    parser.add_argument("--at-a-time", type=int, default=AT_A_TIME, metavar="N")
    parser.add_argument("--long", action="store_true", help="also the tests marked so")
    parser.add_argument("name", nargs="*", help="of a file, without .py; all of them otherwise")
    args = parser.parse_args()
    unknown = set(args.name) - {name_of(p) for p in files()}
    if unknown:
        parser.error("no file is called " + ", ".join(sorted(unknown)))
    wanted = [p for p in files() if not args.name or name_of(p) in args.name]
    bad = 0
    for done in run(os.path.join(tree.TOP, "build", "check", "realm"), args.long, args.at_a_time, wanted):
        faults = [name for name, what, _ in done.cases if what == "failed"] + [done.fault] * bool(done.fault)
        bad += len(faults)
        print("%6.1f s  %-24s %3d cases" % (done.seconds, done.name, len(done.cases)), *faults, sep="\n   ", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
