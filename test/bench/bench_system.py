"""What is not a rate: creating a directory, memory, and that nothing is forced to disk for a logon."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

from bench_common import AWS, CORP, LOAD_CPU, Failure, run, write
from bench_kerberos import load
from entente_server import ADMIN, SERVICE, Entente, user_records

TWO = ["127.0.8.11", "127.0.8.12"]
TCP_PORTS = [53, 88, 389, 464, 636, 3268, 3269]
SYNCS = "fsync,fdatasync,msync,sync_file_range,syncfs,sync"
LOGONS = 500  # users of the row of forced writes: one batch of first logons, of at most 1,024
SAMPLE = 16  # users whose tickets are looked into


def answers(address, port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((address, port)) == 0


def create_two(ours):
    """Seconds from the command until each port of both domain controllers takes a connection."""
    words = [word for address in TWO for word in ("--address", address)]
    secret = ours.secret(ADMIN)
    began = time.monotonic()
    ours.cli("directory", "create", AWS, "--short-name", "AWS", *words, "--admin-password-file", secret)
    for address in TWO:
        for port in TCP_PORTS:
            while not answers(address, port):
                if time.monotonic() - began > 20:
                    raise Failure(f"{address}:{port} does not answer")
                time.sleep(0.002)
    return time.monotonic() - began


def megabytes(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
    return total / 1024


class AtFirst:
    """The first of two domain controllers, for load()."""
    share = 1

    def __init__(self, ours, users):
        self.users, self.pids = users, ours.pids

    def kdc(self, _forest):
        return f"{TWO[0]}:88"


def two_dcs(bench):
    ours = Entente(bench.users, cpu="0,1")
    try:
        seconds = []
        for again in range(bench.options.rounds):
            if again:
                ours.cli("directory", "delete", AWS)
            seconds.append(create_two(ours))
        ours.cli("directory", "set", AWS, "--udp-reply-limit", "65000")
        ours.load(AWS, user_records(AWS, bench.users[AWS]))
        ours.cli("service", "create", "web", "--spn", SERVICE, "--directory", AWS)
        ours.know()
        for kind in ("as", "tgs"):
            load(bench, AtFirst(ours, bench.users), kind, times=2)
        memory = megabytes(ours.pids)
    finally:
        ours.stop()
    return [{"work": "a directory with two DCs is there", "unit": "seconds", "ours": seconds, "limit": 1},
            {"work": f"PSS of its {len(ours.pids)} processes, {bench.users[AWS].count} users", "unit": "MB",
             "ours": [memory], "limit": 60}]


def forced_writes(bench):
    """Users have logged on before: a first logon in two weeks is worth a time in the directory."""
    ours = bench.ours()
    load(bench, ours, "as", use=LOGONS)
    time.sleep(6)  # what was gathered of those is written
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as out:
        pids = [word for pid in ours.pids for word in ("-p", str(pid))]
        tracer = subprocess.Popen(["strace", "-f", "-q", "-ttt", "-e", f"trace={SYNCS}", "-o", out.name, *pids],
                                  stderr=subprocess.DEVNULL)
        time.sleep(1)
        done = load(bench, ours, "as", times=2, use=LOGONS)
        time.sleep(6)
        after = time.time()
        ours.cli("directory", "set", AWS, "--udp-reply-limit", "65000")  # a change, which is forced to disk
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)
        calls = [float(line.split()[1]) for line in out if "(" in line]
    if not any(call >= after for call in calls):
        raise Failure("strace does not even see the writes of a change")
    count = sum(call < after for call in calls)
    return {"work": f"forced writes in {done['replies']:,} logons", "unit": "calls", "ours": [count], "limit": 0}


def tickets(bench):
    """Stock libkrb5 logs users on and asks for the service; Samba reads each PAC."""
    from ticket_check import check_pac  # needs python3-samba and impacket
    ours = bench.ours()
    with tempfile.TemporaryDirectory() as folder:
        conf = write(f"{folder}/krb5.conf", "[libdefaults]\n dns_lookup_kdc = false\n rdns = false\n[realms]\n" + "".join(
            f" {r.upper()} = {{\n  kdc = {ours.kdc(r)}\n }}\n" for r in (AWS, CORP)))
        keytab = f"{folder}/keytab"
        ours.cli("service", "keytab", "web", "--output", keytab, "--directory", AWS)
        with open(bench.users[AWS].passwords, encoding="ascii") as f:
            users = [line.split() for line in f][::max(1, bench.users[AWS].count // SAMPLE)]
        for name, password in users:
            env = dict(os.environ, KRB5_CONFIG=conf, KRB5CCNAME=f"FILE:{folder}/cc-{name}")
            run("kinit", f"{name}@{AWS.upper()}", input=password + "\n", env=env)
            run("kvno", "-k", keytab, f"{SERVICE}@{AWS.upper()}", env=env)
            check_pac(env["KRB5CCNAME"], keytab, SERVICE, name)
    return {"work": "tickets of libkrb5, PACs read by Samba", "unit": "good", "ours": [len(users)]}


ROWS = {"two-dcs": two_dcs, "forced-writes": forced_writes, "tickets": tickets}
