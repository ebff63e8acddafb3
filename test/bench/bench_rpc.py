"""What SMB and RPC cost beside Samba: sessions, lookups, secure channels and logons over them, by Samba's own client
library. It is slower than any server, so only the server's CPU time is looked at, that of children which have ended
included: Samba has a process for each connection. Calls of many clients at once are made by smb_load and channel_load."""
import json
import os

from bench_common import AWS, BUILD, KEPT, LOAD_CPU, Failure, cpu_seconds, in_turn, run, tree, write
from entente_server import ADMIN, SHORT

HERE = os.path.dirname(os.path.abspath(__file__))
SESSIONS, LOOKUPS, CHANNELS, LOGONS = 150, 2000, 100, 1000
MANY, PEOPLE = 64, 2000  # connections at once, names that Samba has, too
MACHINE, MACHINE_PASSWORD, LOGON_USERS = "BENCHPC", "Of-the-bench-0nly", 20  # of smb_calls.py
LOADS = os.path.join(BUILD, "test", "bench")
NEED_PASSWORDS, NEED_CHANNEL = ("prepare", "channels", "channel-logons"), ("tcp-lookups",)


def ended_seconds(pids):
    """CPU seconds of the children that these have waited for."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            ticks += sum(int(word) for word in f.read().rsplit(")", 1)[1].split()[13:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def used(server):
    """All that its processes have used; looked at again when one ends meanwhile."""
    while True:
        try:
            pids = tree(server.process.pid)
            return cpu_seconds(pids) + ended_seconds(pids)
        except (FileNotFoundError, ProcessLookupError):
            continue


def client_conf():
    """Of the client library, which keeps files of its own."""
    folder = os.path.join(KEPT, "smb-client")
    os.makedirs(folder, exist_ok=True)
    kept = "".join(f"{what} = {folder}\n" for what in ("private dir", "lock directory", "state directory",
                                                       "cache directory", "pid directory"))
    return write(f"{folder}/smb.conf", f"[global]\nnetbios name = CLIENT\ninterfaces = 127.0.0.1/8\n{kept}")


def calls(bench, server, address, kind, count):
    """Makes them; names: lines that begin with the name, with passwords where somebody logs on."""
    names = bench.users[AWS].passwords if kind in NEED_PASSWORDS else server.users[AWS].keys
    words = [client_conf(), kind, address, SHORT[AWS], "Administrator", bench.ours().secret(ADMIN), str(count), names]
    good = int(run("taskset", "-c", LOAD_CPU, "/usr/bin/python3", os.path.join(HERE, "smb_calls.py"), *words, timeout=120))
    if good != count:
        raise Failure(f"{server.name}: {good} of {count} {kind} were answered well")


def rate(bench, server, address, kind, count):
    before = used(server)
    calls(bench, server, address, kind, count)
    return count / (used(server) - before)


def beside(work, kind, count):
    def row(bench):
        ours, samba = bench.ours(), bench.samba_files()
        both = ((ours, ours.address[AWS]), (samba, samba.address))
        measures = [lambda server=server, address=address: rate(bench, server, address, kind, count)
                    for server, address in both]
        if kind in NEED_PASSWORDS + NEED_CHANNEL:
            for server, address in both:
                calls(bench, server, address, "prepare", 1)
        for measure in measures:
            measure()
        us, them = in_turn(bench.options.rounds, *measures)
        return {"work": work, "ours": us, "peer": them, "name": "Samba", "goal": 10}
    return row


def pipe_words(kind):
    def words(bench, server, address):
        return ["smb_load", f"kind={kind}", f"server={address}:445", "user=Administrator",
                f"password-file={bench.ours().secret(ADMIN)}", f"names={server.users[AWS].keys}", f"use={PEOPLE}"]
    return words


def channel_words(kind):
    def words(bench, server, address):
        calls(bench, server, address, "prepare", 1)
        return ["channel_load", f"kind={kind}", f"server={address}", f"computer={MACHINE}", f"password={MACHINE_PASSWORD}",
                f"users={bench.users[AWS].passwords}", f"use={LOGON_USERS}"]
    return words


def by_many(what, words, each):
    """By clients that ask at once, each so many calls: for each CPU second, and by the clock. Samba makes a tenth."""
    def rows(bench):
        def measure(server, address, count):
            made = words(bench, server, address)

            def once():
                done = json.loads(run("taskset", "-c", LOAD_CPU, os.path.join(LOADS, made[0]), *made[1:],
                                      f"domain={SHORT[AWS]}", f"conns={MANY}", f"count={count}",
                                      f"root={server.process.pid}", timeout=120))
                return done["replies"] / done["cpu_seconds"], done["replies"] / done["seconds"]
            once()
            return once
        ours, samba = bench.ours(), bench.samba_files()
        us, them = in_turn(bench.options.rounds, measure(ours, ours.address[AWS], MANY * each),
                           measure(samba, samba.address, MANY * each // 10))
        work = f"{what}, {MANY} clients at once"
        return [{"work": work, "ours": [r[i] for r in us], "peer": [r[i] for r in them], "name": "Samba", "goal": 10, **more}
                for i, more in ((0, {}), (1, {"unit": "per second"}))]
    return rows


ROWS = {
    "smb-sessions": beside("SMB session with NTLMv2, IPC$", "sessions", SESSIONS),
    "lsa-lookups": beside("LSA lookup of a name, pipe kept", "lookups", LOOKUPS),
    "lsa-many": beside("names looked up by LSA, 100 a call", "many-lookups", 10 * LOOKUPS),
    "lsa-sids": beside("LSA lookup of a SID, pipe kept", "sids", LOOKUPS),
    "lsa-tcp": beside("LSA lookup of a name, TCP, sealed", "tcp-lookups", LOOKUPS),
    "channels": beside("secure channel made, and a logon over it", "channels", CHANNELS),
    "channel-logons": beside("logon with NTLMv2, channel kept", "channel-logons", LOGONS),
    "lsa-names-at-once": by_many("LSA lookup of a name", pipe_words("names"), 1000),
    "lsa-sids-at-once": by_many("LSA lookup of a SID", pipe_words("sids"), 1000),
    "lsa-tcp-at-once": by_many("LSA lookup of a name, TCP, sealed", channel_words("names"), 1000),
    "logons-at-once": by_many("logon with NTLMv2, channel kept", channel_words("logons"), 300),
}
